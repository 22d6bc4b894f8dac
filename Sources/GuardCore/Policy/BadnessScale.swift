/// What the kernel measures a process against when it looks for a victim: RAM and swap of the machine, or the
/// limit of a memory cgroup. Source: mm/oom_kill.c, constrained_alloc().
package struct BadnessScale: Equatable, Sendable {
  /// `totalpages`.
  package let pages: Int64
  /// One page; 4 on most machines, 16 or 64 on some arm64 and ppc64.
  package let pageKB: Int64

  /// - Parameter pageBytes: what the kernel says, a multiple of 1024.
  package init(totalKB: UInt64, pageBytes: Int) {
    pageKB = max(1, Int64(pageBytes / 1024))
    pages = Int64(clamping: totalKB) / pageKB
  }

  /// What a score adds to a process's pages, or with a negative one takes off: whole thousandths of the scale.
  package func pages(of score: OOMScoreAdj) -> Int64 {
    // At most a thousand times a thousandth of it.
    Int64(score.value) * (pages / 1000)
  }

  package func kilobytes(_ pages: Int64) -> Int64 {
    let (product, overflowed) = pages.multipliedReportingOverflow(by: pageKB)
    return overflowed ? (pages < 0 ? .min : .max) : product
  }
}

/// A process as the kernel's search for a victim sees it. Source: mm/oom_kill.c, oom_badness(), since Linux 5.9;
/// before, whatever had less than one point counted as one.
package struct OOMCandidate: Equatable, Sendable {
  /// Why the kernel passes a process over.
  package enum Exemption: String, Sendable {
    /// The first process; without it there is no machine.
    case initProcess
    /// A kernel thread, or a process that has ended.
    case noMemory
    /// Its score is -1000.
    case immune
  }

  package var pid: Int32
  /// In KiB; `nil` without memory of its own.
  package var rssKB: UInt64?
  package var swapKB, pgtablesKB: UInt64
  package var score: OOMScoreAdj

  package init(pid: Int32, rssKB: UInt64?, swapKB: UInt64, pgtablesKB: UInt64, score: OOMScoreAdj) {
    (self.pid, self.rssKB, self.swapKB, self.pgtablesKB) = (pid, rssKB, swapKB, pgtablesKB)
    self.score = score
  }

  /// A kernel that does not print swap or page tables has none to count.
  package init(pid: Int32, _ status: ProcessStatus, score: OOMScoreAdj) {
    self.init(
      pid: pid, rssKB: status.rssKB, swapKB: status.swapKB ?? 0, pgtablesKB: status.pgtablesKB ?? 0,
      score: score)
  }

  package var exemption: Exemption? {
    if pid == 1 { return .initProcess }
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

extension Collection<OOMCandidate> {
  /// The order in which the kernel would choose: most points first, and of equals the younger, for which the
  /// higher pid stands. Who is never chosen is left out.
  package func inOrder(on scale: BadnessScale) -> [(candidate: OOMCandidate, badness: Int64)] {
    compactMap { candidate in candidate.badness(on: scale).map { (candidate, $0) } }
      .sorted { ($0.1, $0.0.pid) > ($1.1, $1.0.pid) }
  }
}
