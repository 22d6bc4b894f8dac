internal import CLinux
internal import Glibc
internal import GuardCore

/// The daemon's own process.
package enum OwnProcess {
  package static var pid: Int32 { getpid() }
  package static var effectiveUID: UInt32 { geteuid() }

  /// Until SIGCONT, as a job that may not write to its terminal; not where no shell is left to go on with it.
  /// See signal(7), and credentials(7) on orphaned process groups.
  package static func stop() { raise(SIGTTOU) }

  /// Keeps what is in memory there, so that oomguard is not waiting for its own pages when
  /// memory is gone. See mlock2(2).
  package static func lockMemory() throws(SystemCallError) {
    _ = try SystemCallError.check("mlockall", "own memory") {
      mlockall(CLINUX_MCL_CURRENT | CLINUX_MCL_FUTURE | CLINUX_MCL_ONFAULT)
    }
  }

  /// Has memory that was freed go back to the kernel, instead of being kept for as much again: what a survey of a crowd
  /// takes for a moment, or one reload, would be ours for good. See mallopt(3).
  ///
  /// Left to itself glibc learns from each large block that is freed to keep the next of that size.
  package static func keepsNoFreedMemory() {
    mallopt(M_MMAP_THRESHOLD, CInt(64 << 10))
    mallopt(M_TRIM_THRESHOLD, CInt(64 << 10))
    // What is taken at once beyond what is asked for; a page each time would be too many calls.
    mallopt(M_TOP_PAD, CInt(16 << 10))
  }

  /// How many descriptors may be open, after asking for as many as are allowed. See getrlimit(2).
  package static func raisedDescriptorLimit() -> Int {
    var limit = rlimit()
    guard unsafe getrlimit(CInt(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
    // More than this is never of use, and each costs the kernel a little.
    let wanted = min(limit.rlim_max, 65536)
    if limit.rlim_cur < wanted {
      limit.rlim_cur = wanted
      guard unsafe setrlimit(CInt(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
    }
    return Int(clamping: limit.rlim_cur)
  }

  package static func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}

extension OwnProcess {
  /// Field 22 of our own stat: with the pid, our identity.
  package static var startTicks: UInt64 {
    ((try? RootDirectory().read("/proc/self/stat")).flatMap { try? ProcessStat($0) })?.identity.startTicks
      ?? 0
  }

  /// Tries it on ourselves: the score goes one down and back. `nil` if that works.
  ///
  /// At -1000 there is no lower; then CAP_SYS_RESOURCE answers, which the kernel asks for
  /// (fs/proc/base.c, `__set_oom_adj`).
  package static func whyScoresCannotBeLowered(in root: RootDirectory) -> String? {
    do {
      let own = try ProcDirectory(in: root).process(pid)
      let process = try own.stat().identity
      let score = try own.score()
      guard let lower = OOMScoreAdj(Int(score.value) - 1) else {
        return try Capabilities.hasSysResource() ? nil : "CAP_SYS_RESOURCE is missing"
      }
      try own.write(lower, to: process)
      try own.write(score, to: process)
      return nil
    } catch {
      return "\(error)"
    }
  }
}
