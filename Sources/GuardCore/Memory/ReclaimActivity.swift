/// How hard the kernel works to free memory, from two readings of /proc/vmstat.
package struct ReclaimActivity: Equatable, Sendable {
  package var interval: Duration
  /// What was added to the kernel's counters in it; `nil` where the kernel lacks one.
  package var kswapdScans, kswapdSteals: UInt64?
  package var directScans, directSteals: UInt64?
  /// How often an allocation had to wait for reclaim.
  package var stalls: UInt64?
  package var swapIns, swapOuts: UInt64?

  package init(from earlier: VMStat?, to later: VMStat, in interval: Duration) {
    self.interval = interval
    func added(_ counter: KeyPath<VMStat, UInt64?>) -> UInt64? {
      guard let now = later[keyPath: counter] else { return nil }
      return now.less(earlier?[keyPath: counter])
    }
    (kswapdScans, kswapdSteals) = (added(\.kswapdScans), added(\.kswapdSteals))
    (directScans, directSteals) = (added(\.directScans), added(\.directSteals))
    stalls = added(\.allocationStalls)
    (swapIns, swapOuts) = (added(\.swapIns), added(\.swapOuts))
  }

  /// Whether kswapd looked for pages in that time.
  package var isKswapdAwake: Bool? { kswapdScans.map { $0 > 0 } }
  /// Whether allocations had to reclaim by themselves.
  package var isDirect: Bool? { directScans.map { $0 > 0 } }
}
