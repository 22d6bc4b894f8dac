internal import Glibc
package import GuardCore

extension ProcDirectory {
  /// Every process as the kernel's search for a victim sees it. Who leaves meanwhile is left out.
  package borrowing func candidates() throws(SystemCallError) -> [OOMCandidate] {
    var candidates: [OOMCandidate] = []
    for pid in try pids() {
      guard let process = try? process(pid), let status = try? process.read("status"),
        let score = try? process.score()
      else { continue }
      candidates.append(OOMCandidate(pid: pid, ProcessStatus(status), score: score))
    }
    return candidates
  }

  /// Whether others' processes are not shown: `hidepid=`, see proc(5).
  package borrowing func hidesProcesses() -> Bool {
    // The kernel's own directory always has `self`, and init unless it is hidden.
    (try? read("self/stat")) != nil && (try? process(1).stat()) == nil
  }
}

extension ProcessDirectory {
  /// Where the process is, asked of itself; `nil` where it cannot be read or is not in that hierarchy.
  package borrowing func cgroup(_ version: CgroupVersion) -> CgroupPath? {
    (try? read("cgroup")).flatMap { version.path(in: $0) }
  }

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
