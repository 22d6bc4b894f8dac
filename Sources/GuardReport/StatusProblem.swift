package import GuardLinux
package import GuardStatus

/// What is the matter with the daemon or with what it left, in words that say what to do.
package enum StatusProblem: Error, Equatable, CustomStringConvertible {
  /// Neither a unit file nor the program itself is there.
  case notInstalled
  /// No status file, so it has not run since boot, or cannot write.
  case noFile(path: String)
  /// It runs all the same: `/run` is full, read-only, or somebody removed the file.
  case silent(pid: Int32, path: String)
  /// It said goodbye.
  case stopped(at: Timestamp)
  /// It was running, and its process is gone.
  case gone(pid: Int32, lastSeen: Timestamp)
  /// It runs, and has written nothing for much longer than it should.
  case stuck(pid: Int32, lastSeen: Timestamp, silentFor: Duration)
  case unreadable(SystemCallError)
  /// The file belongs to somebody who is not believed.
  case foreignOwner(path: String, uid: UInt32)
  /// Half written, or no status document at all.
  case damaged(path: String, why: String)
  /// A daemon of another version wrote it.
  case otherVersion(path: String, version: String)

  package var exitStatus: ExitStatus {
    switch self {
    case .unreadable(let error) where error.isNotPermitted: .notPermitted
    default: .notRunning
    }
  }

  package var description: String {
    let start = "start it with: systemctl start oomguard"
    let restart = "restart the daemon with: systemctl restart oomguard"
    return switch self {
    case .notInstalled: "oomguardd is not installed; install the package 'oomguard'"
    case .noFile: "oomguardd is not running; \(start)"
    case .silent(let pid, let path):
      "oomguardd (pid \(pid)) is running, but there is no '\(path)'; see why with: journalctl -u oomguard"
    case .stopped(let at): "oomguardd is not running, it stopped at \(at.absoluteText); \(start)"
    case .gone(let pid, let lastSeen):
      "oomguardd is not running: its process \(pid) is gone, last seen at \(lastSeen.absoluteText); \(start), "
        + "and see why with: journalctl -u oomguard"
    case .stuck(let pid, let lastSeen, let age):
      "oomguardd (pid \(pid)) is stuck: nothing from it for \(age.text), since \(lastSeen.absoluteText); "
        + "it hangs or cannot write, see: journalctl -u oomguard; \(restart)"
    case .unreadable(let error) where error.isNotPermitted: "\(error); it must be readable by all: \(restart)"
    case .unreadable(let error): "\(error); \(restart)"
    case .foreignOwner(let path, let uid):
      "'\(path)' belongs to uid \(uid) and not to root, so it is not believed; remove the file, then \(restart)"
    case .damaged(let path, let why):
      "'\(path)' is not a status document: \(why); \(restart)"
    case .otherVersion(let path, let version):
      "'\(path)' was written by oomguardd \(version), this is oomguardctl \(Release.version); \(restart)"
    }
  }
}
