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

extension BadnessScale {
  /// That of a memory cgroup: its limit and the swap it may have. Source: mm/memcontrol.c, mem_cgroup_get_max().
  package init(_ limit: MemoryLimit, machineSwapKB: UInt64, pageBytes: Int) {
    let swapKB = limit.mayUseSwap ? min(limit.swapKB ?? .max, machineSwapKB) : 0
    let (sum, overflowed) = limit.memoryKB.addingReportingOverflow(swapKB)
    self.init(totalKB: overflowed ? .max : sum, pageBytes: pageBytes)
  }
}

/// How much a memory cgroup may use.
package struct MemoryLimit: Equatable, Sendable {
  package var memoryKB: UInt64
  /// How much swap besides; `nil` for as much as there is.
  package var swapKB: UInt64?
  /// Whether the kernel would swap its memory out at all: `vm.swappiness`, or its own on v1, is not 0.
  package var mayUseSwap: Bool

  package init(memoryKB: UInt64, swapKB: UInt64?, mayUseSwap: Bool) {
    (self.memoryKB, self.swapKB, self.mayUseSwap) = (memoryKB, swapKB, mayUseSwap)
  }
}
