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

  /// The cgroup of a unit that no one else has.
  ///
  /// - Throws: where there is no ``unitTop``.
  package static func unit() throws -> OwnCgroup {
    guard let unitTop else { throw POSIXError(.ENOENT) }
    return try OwnCgroup("\(unitTop)/oomguard-\(UUID().uuidString.prefix(8)).service")
  }

  /// The last part of its path: of a unit's cgroup, its name.
  package var name: Substring {
    path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
  }

  package init(_ path: String) throws {
    self.path = path
    guard unsafe mkdir(path, 0o755) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EINVAL) }
  }

  /// Its processes have to be gone by then.
  deinit {
    // The kernel lets go of the last process a moment after its end.
    for _ in 0..<100 where unsafe rmdir(path) == -1 && errno == EBUSY { usleep(20_000) }
  }

  /// Makes and removes so many below it that whoever watches it and does not read loses some of the events.
  package func overrun() throws {
    let text = try String(contentsOfFile: "/proc/sys/fs/inotify/max_queued_events", encoding: .utf8)
    guard let kept = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw POSIXError(.EINVAL)
    }
    let below = "\(path)/overrun"
    // Two events for each; a few of them may be kept elsewhere.
    for _ in 0..<kept / 2 + 100 {
      guard unsafe mkdir(below, 0o755) == 0, unsafe rmdir(below) == 0 else {
        throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EINVAL)
      }
    }
  }

  /// Another takes its place and its name. Nobody may be in it.
  package func remake() throws {
    guard unsafe rmdir(path) == 0, unsafe mkdir(path, 0o755) == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EINVAL)
    }
  }

  package func add(_ child: ChildProcess) throws {
    let file = FileHandle(forWritingAtPath: "\(path)/cgroup.procs")
    guard let file else { throw POSIXError(.EACCES) }
    try file.write(contentsOf: Data("\(child.pid)\n".utf8))
  }
}
