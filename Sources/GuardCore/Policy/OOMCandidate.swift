/// A process as the kernel's search for a victim sees it. Source: mm/oom_kill.c, oom_badness(), since Linux 5.9;
/// before, whatever had less than one point counted as one.
package struct OOMCandidate: Equatable, Sendable {
  /// Why the kernel passes a process over.
  package enum Exemption: String, Sendable {
    /// The machine's first process; without it there is no machine.
    case initProcess
    /// A kernel thread, or a process that has ended.
    case noMemory
    /// Its score is -1000.
    case immune
  }

  package var pid: Int32
  /// Whether it is the machine's first process, which pid 1 of a container is not.
  package var isInit: Bool
  /// In KiB; `nil` without memory of its own.
  package var rssKB: UInt64?
  package var swapKB, pgtablesKB: UInt64
  package var score: OOMScoreAdj

  package init(pid: Int32, rssKB: UInt64?, swapKB: UInt64, pgtablesKB: UInt64, score: OOMScoreAdj) {
    (self.pid, self.rssKB, self.swapKB, self.pgtablesKB) = (pid, rssKB, swapKB, pgtablesKB)
    (self.score, isInit) = (score, pid == 1)
  }

  /// A kernel that does not print swap or page tables has none to count.
  package init(pid: Int32, _ status: ProcessStatus, score: OOMScoreAdj) {
    self.init(
      pid: pid, rssKB: status.rssKB, swapKB: status.swapKB ?? 0, pgtablesKB: status.pgtablesKB ?? 0,
      score: score)
  }

  package var exemption: Exemption? {
    if isInit { return .initProcess }
    if rssKB == nil { return .noMemory }
    return score == .immune ? .immune : nil
  }

  /// The kernel's points, in pages; may be negative. `nil` for a process that is never chosen.
  package func badness(on scale: BadnessScale) -> Int64? {
    guard exemption == nil, let rssKB else { return nil }
    // Each part is cut to whole pages, as the kernel keeps them.
    return [rssKB, swapKB, pgtablesKB].reduce(scale.pages(of: score)) { sum, part in
      let (next, overflowed) = sum.addingReportingOverflow(Int64(clamping: part) / scale.pageKB)
      return overflowed ? .max : next
    }
  }
}
