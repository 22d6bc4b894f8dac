internal import Glibc
package import GuardCore

extension ProcDirectory {
  /// These processes as the kernel's search for a victim sees them. Who leaves meanwhile is left out.
  ///
  /// The figures are those of `status`, which oomguard's and the kernel's sums share but for Linux 6.17 to 6.19: there
  /// the kernel's own search went by less exact counters, which may be off by some pages for each processor.
  package borrowing func candidates(among pids: [Int32]) -> [SeenCandidate] {
    pids.compactMap { pid in
      guard let text = glanceRecord(at: pid, "status"), let score = glanceScore(of: pid) else { return nil }
      var status = ProcessStatus(text)
      if status.mayHaveLostItsLeader, let whole = try? process(pid).status() { status = whole }
      var candidate = OOMCandidate(pid: pid, status, score: score)
      if candidate.isInit, isOrdinary(pid) { candidate.isInit = false }
      return SeenCandidate(candidate: candidate, comm: status.comm ?? [])
    }
  }

  /// Whether the kernel gives `pid` points at all, and so might choose it; `nil` where it does not say.
  ///
  /// Source: fs/proc/base.c, proc_oom_score(): 0 for a process that it passes over, else two thirds of a thousandth
  /// of RAM and swap each, with a thousand more, which leaves something of every score above -998.
  package borrowing func hasPoints(_ pid: Int32) -> Bool? {
    glanceRecord(at: pid, "oom_score").flatMap { UInt64(ascii: $0[...].trimmed) }.map { $0 > 0 }
  }

  /// Whether the kernel itself says that it would pass this process over, although its figures do not.
  package borrowing func isPassedOver(_ candidate: OOMCandidate) -> Bool {
    // Below that, 0 points need not mean it.
    guard let lowestTelling = OOMScoreAdj(-998), candidate.score >= lowestTelling else { return false }
    return hasPoints(candidate.pid) == false
  }

  /// Whether pid 1 is that of a container: the kernel has no points for the machine's own.
  private borrowing func isOrdinary(_ pid: Int32) -> Bool { hasPoints(pid) ?? false }

  /// Whether others' processes are not shown: `hidepid=`, see proc(5).
  package borrowing func hidesProcesses() -> Bool {
    // The kernel's own directory always has `self`, and init unless it is hidden.
    (try? read("self/stat")) != nil && (try? process(1).stat()) == nil
  }
}

/// A process in the kernel's search for a victim, and what it is called.
package struct SeenCandidate: Equatable, Sendable {
  package var candidate: OOMCandidate
  package var comm: [UInt8]

  package init(candidate: OOMCandidate, comm: [UInt8]) { (self.candidate, self.comm) = (candidate, comm) }
}

extension ProcessStatus {
  /// A process whose first thread has ended shows nothing of the memory that the others still use.
  fileprivate var mayHaveLostItsLeader: Bool { rssKB == nil && threadCount ?? 1 > 1 }
}

extension ProcessDirectory {
  /// What `status` says, with the sizes of a thread that is left where the first one has ended, as the kernel
  /// looks for one (mm/oom_kill.c, find_lock_task_mm()).
  package borrowing func status() throws(SystemCallError) -> ProcessStatus {
    let status = ProcessStatus(try read("status"))
    guard status.mayHaveLostItsLeader else { return status }
    for thread in try DirectoryStream(directory.opening("task", O_RDONLY | O_DIRECTORY)).names() {
      let name = "task/\(String(decoding: thread, as: UTF8.self))/status"
      guard let text = try? read(name) else { continue }
      let other = ProcessStatus(text)
      if other.rssKB != nil {
        var whole = other
        whole.comm = status.comm
        return whole
      }
    }
    return status
  }

  /// Where the process is, asked of itself; `nil` where it is not in that hierarchy.
  package borrowing func home(_ version: CgroupVersion) throws(SystemCallError) -> CgroupPath? {
    version.path(in: try read("cgroup"))
  }

  /// The same; `nil` also where that cannot be read.
  package borrowing func cgroup(_ version: CgroupVersion) -> CgroupPath? { (try? home(version)) ?? nil }

  /// What a fork of it would be charged.
  ///
  /// - Returns: `nil` before Linux 3.8, which does not print a mapping's flags.
  /// - Throws: EACCES for somebody else's process, unless the caller is root.
  package borrowing func forkCharge() throws(SystemCallError) -> Overcommit.Charge? {
    var mappings = AccountedMappings()
    try readPieces("smaps") { mappings.read($0[...]) }
    guard mappings.hasFlags else { return nil }
    return Overcommit.Charge(totalKB: mappings.totalKB, largestMappingKB: mappings.largestKB)
  }
}
