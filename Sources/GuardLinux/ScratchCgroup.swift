internal import CLinux
internal import Glibc
package import GuardCore

/// A cgroup made for one purpose, and removed with this; its processes have to be gone by then.
package final class ScratchCgroup {
  package let path: CgroupPath
  private let directory: OwnedDescriptor
  private let absolutePath: String
  private let version: CgroupVersion

  /// - Parameter name: of a cgroup at the top of the tree.
  /// - Throws: EEXIST if there is one.
  package init(named name: String, in tree: borrowing CgroupTree) throws(SystemCallError) {
    path = CgroupPath.root.appending(name.utf8)
    let absolutePath = "\(tree.mount)/\(name)"
    _ = try SystemCallError.check("mkdir", absolutePath) { unsafe mkdir(absolutePath, 0o755) }
    (self.absolutePath, version) = (absolutePath, tree.version)
    do throws(SystemCallError) {
      directory = try .opening(path: absolutePath, CLINUX_O_PATH | O_DIRECTORY)
    } catch {
      unsafe rmdir(absolutePath)
      throw error
    }
  }

  deinit {
    // The kernel may count the last process for a moment after its end.
    for _ in 0..<100 where unsafe rmdir(absolutePath) == -1 && errno == EBUSY {
      Clock.pause(.milliseconds(20))
    }
  }

  /// The most that may be charged to it.
  package func limitMemory(to bytes: Int) throws(SystemCallError) {
    try write("\(bytes)\n", to: version == .v2 ? "memory.max" : "memory.limit_in_bytes")
  }

  /// What is charged to it now.
  package func chargedKB() throws(SystemCallError) -> Int64 {
    let file = version == .v2 ? "memory.current" : "memory.usage_in_bytes"
    let text = try directory.opening(file, O_RDONLY).readAll(limit: 64)
    return Int64(clamping: (UInt64(ascii: text[...].trimmed) ?? 0) / 1024)
  }

  package func write(_ text: String, to file: String) throws(SystemCallError) {
    try directory.opening(file, O_WRONLY).write(text)
  }

  package func add(_ pid: Int32) throws(SystemCallError) { try write("\(pid)\n", to: "cgroup.procs") }
}
