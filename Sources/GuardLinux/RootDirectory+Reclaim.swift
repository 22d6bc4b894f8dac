internal import CLinux
internal import Glibc
package import GuardCore

extension RootDirectory {
  /// Has the kernel drop what nobody uses: 1 file cache, 2 names and inodes, 3 both. See
  /// Documentation/admin-guide/sysctl/vm.rst.
  package func dropCaches(_ what: Int) throws(SystemCallError) {
    try open("/proc/sys/vm/drop_caches", O_WRONLY).write("\(what)\n")
    // It lets go of names and inodes at once, and frees them after that. Where this is refused, it is about to.
    _ = clinux_wait_for_readers()
  }

  /// Has all that is dirty written to its disks, and waits for it. See sync(2).
  package func syncDisks() { sync() }

  /// Writes a number, as to a setting of the kernel's.
  package func write(_ number: UInt64, to path: String) throws(SystemCallError) {
    try open(path, O_WRONLY).write("\(number)\n")
  }
}

extension CgroupTree {
  /// Asks the kernel to reclaim so much from a cgroup and those below it; since Linux 5.19, v2 only.
  ///
  /// - Returns: `false` if it could not reclaim all of it.
  package borrowing func reclaim(_ bytes: UInt64, from cgroup: CgroupPath) throws(SystemCallError) -> Bool {
    let file = try top.opening(
      bytes: [UInt8(ascii: ".")] + cgroup.bytes + Array("/memory.reclaim".utf8), O_WRONLY)
    do throws(SystemCallError) {
      try file.write("\(bytes)\n")
      return true
    } catch  where error.code == EAGAIN {
      return false
    }
  }
}
