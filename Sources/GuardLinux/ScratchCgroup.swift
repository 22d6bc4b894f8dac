internal import CLinux
internal import Glibc
package import GuardCore

/// A cgroup made for one purpose, and removed with this; its processes have to be gone by then.
package final class ScratchCgroup {
  package let path: CgroupPath
  private let directory: OwnedDescriptor
  private let absolutePath: String

  /// - Parameter name: of a cgroup at the top of the tree.
  /// - Throws: EEXIST if there is one.
  package init(named name: String, in tree: borrowing CgroupTree) throws(SystemCallError) {
    path = CgroupPath.root.appending(name.utf8)
    let absolutePath = "\(tree.mount)/\(name)"
    _ = try SystemCallError.check("mkdir", absolutePath) { unsafe mkdir(absolutePath, 0o755) }
    self.absolutePath = absolutePath
    do throws(SystemCallError) {
      directory = try .opening(path: absolutePath, CLINUX_O_PATH | O_DIRECTORY)
    } catch {
      unsafe rmdir(absolutePath)
      throw error
    }
  }

  deinit { unsafe rmdir(absolutePath) }

  package func write(_ text: String, to file: String) throws(SystemCallError) {
    try directory.opening(file, O_WRONLY).write(text)
  }

  package func add(_ pid: Int32) throws(SystemCallError) { try write("\(pid)\n", to: "cgroup.procs") }
}
