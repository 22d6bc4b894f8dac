/// What tells a process from a later one that was given the same pid.
package struct ProcessIdentity: Hashable, Sendable {
  package var pid: Int32
  /// When it started, in clock ticks since boot (`sysconf(_SC_CLK_TCK)` of them a second).
  package var startTicks: UInt64

  package init(pid: Int32, startTicks: UInt64) { (self.pid, self.startTicks) = (pid, startTicks) }

  /// Reads the text of `/proc/<pid>/stat`, fields 1 and 22 of proc_pid_stat(5).
  ///
  /// - Throws: ``KernelTextError`` naming the first field that is absent or not a number.
  package init(stat text: [UInt8]) throws(KernelTextError) { self = try ProcessStat(text).identity }
}

extension ProcessIdentity {
  /// When it was born, since boot, to a hundredth of a second: the kernel shows user space 100 ticks a second
  /// (USER_HZ) on every architecture that Swift runs on.
  package var startedAt: Duration {
    .milliseconds(Int64(clamping: startTicks.multipliedReportingOverflow(by: 10).partialValue))
  }
}
