/// What a report's memory summary says of the sizes that a victim is measured against.
///
/// `130933 pages RAM`, `10932 pages reserved`, `Total swap = 0kB` (mm/show_mem.c) where the machine was out of
/// memory; `memory: usage 1kB, limit 2kB, failcnt 3` and `swap: …` or, with cgroup v1, `memory+swap: …`
/// (mm/memcontrol.c) where a memory cgroup was at its limit.
package struct OOMReportSizes: Equatable, Sendable {
  /// In pages. What is reserved for the kernel is part of the RAM.
  package var ramPages, reservedPages: UInt64?
  package var swapKB: UInt64?
  package var limitKB: UInt64?
  /// Cgroup v2: of swap alone.
  package var swapLimitKB: UInt64?
  /// Cgroup v1: of memory and swap together.
  package var memoryAndSwapLimitKB: UInt64?

  package init() {}

  package init(report: some Sequence<UInt8>) {
    for line in Array(report).split(separator: UInt8(ascii: "\n")) {
      let text = line.trimmed
      if text.ends(with: " pages RAM") {
        ramPages = UInt64(ascii: text.dropLast(10))
      } else if text.ends(with: " pages reserved") {
        reservedPages = UInt64(ascii: text.dropLast(15))
      } else if text.starts(with: "Total swap = ") {
        swapKB = Self.kilobytes(text.dropFirst(13))
      } else if text.starts(with: "memory: usage ") {
        limitKB = Self.limit(text)
      } else if text.starts(with: "swap: usage ") {
        swapLimitKB = Self.limit(text)
      } else if text.starts(with: "memory+swap: usage ") {
        memoryAndSwapLimitKB = Self.limit(text)
      }
    }
  }

  private static func limit(_ text: ArraySlice<UInt8>) -> UInt64? {
    guard let mark = text.position(of: ", limit "),
      let end = text[(mark + 8)...].firstIndex(of: UInt8(ascii: ","))
    else { return nil }
    return kilobytes(text[(mark + 8)..<end])
  }

  private static func kilobytes(_ text: ArraySlice<UInt8>) -> UInt64? {
    text.ends(with: "kB") ? UInt64(ascii: text.dropLast(2)) : nil
  }

  /// What the kernel measured against: see constrained_alloc() in mm/oom_kill.c, mem_cgroup_get_max() in
  /// mm/memcontrol.c.
  ///
  /// - Parameter swapKB: of the machine, which a memory cgroup's report does not tell.
  /// - Returns: in KiB; `nil` where the report does not say enough.
  package func totalKB(of constraint: OOMKill.Constraint, pageKB: UInt64, swapKB machineSwapKB: UInt64?)
    -> UInt64?
  {
    switch constraint {
    case .global:
      guard let ramPages, let reservedPages, reservedPages <= ramPages, let swapKB else { return nil }
      let (ramKB, overflowed) = (ramPages - reservedPages).multipliedReportingOverflow(by: pageKB)
      return overflowed ? nil : Self.sum(ramKB, swapKB)
    case .memcg:
      guard let limitKB else { return nil }
      let swapRoom = swapLimitKB ?? memoryAndSwapLimitKB.map { $0 > limitKB ? $0 - limitKB : 0 } ?? 0
      guard swapRoom > 0 else { return limitKB }
      return machineSwapKB.flatMap { Self.sum(limitKB, min(swapRoom, $0)) }
    case .cpuset, .mempolicy:
      // The RAM of the nodes that were allowed: the report has it by zone only.
      return nil
    }
  }

  private static func sum(_ left: UInt64, _ right: UInt64) -> UInt64? {
    let (sum, overflowed) = left.addingReportingOverflow(right)
    return overflowed ? nil : sum
  }
}
