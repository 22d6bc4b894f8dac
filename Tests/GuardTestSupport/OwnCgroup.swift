import Foundation

/// A cgroup that a test makes in a hierarchy of the kernel's, and removes.
package final class OwnCgroup {
  package let path: String

  package static func canBeMade(below top: String) -> Bool { unsafe access("\(top)/cgroup.procs", W_OK) == 0 }

  /// The top of the hierarchy in which systemd keeps its units, or would, if cgroups can be made there.
  package static let unitTop: String? = {
    let v2 = FileManager.default.fileExists(atPath: "/sys/fs/cgroup/cgroup.controllers")
    let tops = v2 ? ["/sys/fs/cgroup"] : ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"]
    return tops.first { canBeMade(below: $0) }
  }()

  package init(_ path: String) throws {
    self.path = path
    guard unsafe mkdir(path, 0o755) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EINVAL) }
  }

  /// Its processes have to be gone by then.
  deinit {
    // The kernel lets go of the last process a moment after its end.
    for _ in 0..<100 where unsafe rmdir(path) == -1 && errno == EBUSY { usleep(20_000) }
  }

  package func add(_ child: ChildProcess) throws {
    let file = FileHandle(forWritingAtPath: "\(path)/cgroup.procs")
    guard let file else { throw POSIXError(.EACCES) }
    try file.write(contentsOf: Data("\(child.pid)\n".utf8))
  }
}
