internal import Glibc
package import GuardCore

extension OwnProcess {
  /// Where this process is, by the hierarchy in which memory is limited, and the limit there.
  package static func memoryLimit() -> (cgroup: CgroupPath, limit: MemoryLimit?)? {
    let root = RootDirectory()
    guard let tree = try? CgroupTree(ofMemoryIn: root), let text = try? root.read("/proc/self/cgroup"),
      let cgroup = tree.version.path(in: text)
    else { return nil }
    return (cgroup, tree.memoryLimit(of: cgroup, swappiness: root.number("/proc/sys/vm/swappiness")))
  }

  /// Makes this process the first that the kernel would kill. Raising needs no right.
  package static func volunteer() throws(SystemCallError) {
    try RootDirectory().open("/proc/self/oom_score_adj", O_WRONLY).write("1000\n")
  }

  /// Takes memory and uses every page of it.
  ///
  /// - Throws: ENOMEM where the kernel refuses it beforehand.
  package static func take(bytes: Int) throws(SystemCallError) {
    let memory = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
      throw SystemCallError(call: "mmap", subject: "own memory", code: errno)
    }
    unsafe memset(memory, 1, bytes)
    unsafe munmap(memory, bytes)
  }

  /// The program of this process, wherever it was started from.
  package static var program: String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
    guard length > 0 else { return nil }
    return String(validating: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
