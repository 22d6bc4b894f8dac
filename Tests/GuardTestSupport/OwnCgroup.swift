import Foundation

/// A cgroup that a test makes in a hierarchy of the kernel's, and removes.
package final class OwnCgroup {
  package let path: String

  package static func canBeMade(below top: String) -> Bool { unsafe access("\(top)/cgroup.procs", W_OK) == 0 }

  package init(_ path: String) throws {
    self.path = path
    guard unsafe mkdir(path, 0o755) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EINVAL) }
  }

  /// Its processes have to be gone by then.
  deinit { unsafe rmdir(path) }

  package func add(_ child: ChildProcess) throws {
    let file = FileHandle(forWritingAtPath: "\(path)/cgroup.procs")
    guard let file else { throw POSIXError(.EACCES) }
    try file.write(contentsOf: Data("\(child.pid)\n".utf8))
  }
}
