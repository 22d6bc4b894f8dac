/// One process killed by the kernel's OOM killer, as its log tells it. What it does not say is `nil`, never 0.
///
/// A kill counts by its `Killed process` line (mm/oom_kill.c: __oom_kill_process). The other parts of the
/// report are rate-limited by the kernel and are then absent.
package struct OOMKill: Equatable, Sendable {
  package struct Victim: Equatable, Sendable {
    package var pid: Int32
    /// At most 15 bytes, any but NUL; `nil` where the line was cut within it.
    package var comm: [UInt8]?
    /// Since Linux 5.0.
    package var uid: UInt32?
    /// Its `oom_score_adj`, -1000…1000; since Linux 5.4.
    package var score: Int?
    /// KiB, as the kernel prints them.
    package var totalVMKB, anonRSSKB, fileRSSKB: UInt64?
    /// Since Linux 4.5.
    package var shmemRSSKB: UInt64?
    /// Since Linux 5.4.
    package var pgtablesKB: UInt64?
    /// Its memory cgroup (`task_memcg`), exactly as printed.
    package var cgroup: [UInt8]?

    package init(pid: Int32, comm: [UInt8]? = nil) { (self.pid, self.comm) = (pid, comm) }
  }

  /// Whose allocation failed: the `invoked oom-killer` line of the same report.
  package struct Trigger: Equatable, Sendable {
    /// A thread's id; it may differ from the process's.
    package var pid: Int32?
    /// A thread's name; absent before Linux 2.6.19.
    package var comm: [UInt8]?
    /// The mask's number as printed, like `0xcc0`, and the names in parentheses behind it, since Linux 4.6.
    package var gfpMask, gfpNames: [UInt8]?
    /// The allocation was of 2^order pages; -1 is a kill asked for by SysRq-f.
    package var order: Int?
    /// Its `oom_score_adj`; since Linux 2.6.36.
    package var score: Int?

    package init(comm: [UInt8]? = nil) { self.comm = comm }
  }

  /// Which limit was hit.
  package enum Constraint: String, CaseIterable, Sendable { case global, memcg, cpuset, mempolicy }

  /// Which of the two the kill line, or its announcement, begins with.
  package enum LimitKind: Sendable {
    /// `Out of memory`: the machine's, a cpuset's or a memory policy's.
    case global
    /// `Memory cgroup out of memory`.
    case memcg
  }

  package var victim: Victim
  package var trigger: Trigger?
  /// Read off the `oom-kill:` line, since Linux 4.20; before 2.6.36 also from the words of the kill line.
  package var constraint: Constraint?
  /// The word on that line, like `CONSTRAINT_MEMCG`: 5.0 to 5.2 print `CONSTRAINT_NONE` for memory cgroups too.
  package var constraintName: [UInt8]?
  package var limitKind: LimitKind?
  /// The memory cgroup whose limit was hit (`oom_memcg`), exactly as printed.
  package var limitCgroup: [UInt8]?
  /// The cgroup whose `memory.oom.group` took this process along with the chosen one; since Linux 4.19.
  /// In a storm, where the kernel leaves headers out, a kill right after a group's may be wrongly counted to it.
  package var groupCgroup: [UInt8]?
  /// Rows of the report's task table; 0 is a table without rows.
  package var tasksDumped: Int?
  /// Of the kill line.
  package var sequence, microseconds: UInt64?
  /// The report's lines as the kernel wrote them, each ended by a newline, at most ``OOMReportText/limit`` bytes.
  package var reportText: [UInt8]

  package init(victim: Victim, reportText: [UInt8] = []) {
    (self.victim, self.reportText) = (victim, reportText)
  }
}
