/// The counters of `/proc/vmstat` that tell of memory running out. All only grow, since boot; `nil` where the
/// kernel lacks one. Source: mm/vmstat.c: vmstat_text.
package struct VMStat: Equatable, Sendable {
  /// Processes killed by the OOM killer; since Linux 4.13. Raised just before the kill is printed.
  package var oomKills: UInt64?
  /// Allocations that had to reclaim memory themselves: `allocstall`, since Linux 4.10 the sum of its zones.
  package var allocationStalls: UInt64?
  /// Pages looked at and pages won by such allocations; before Linux 4.8 the sum of the zones.
  package var directScans, directSteals: UInt64?
  /// The same by kswapd.
  package var kswapdScans, kswapdSteals: UInt64?
  /// Pages swapped in and out.
  package var swapIns, swapOuts: UInt64?
  package var majorFaults: UInt64?
  /// Pages read back soon after they were thrown out; since Linux 3.15, by kind since 5.9.
  package var refaults: UInt64?

  /// ``oomKills`` alone, of a text with a hundred other counters.
  package static func oomKills(in text: [UInt8]) -> UInt64? {
    KernelFields.value(of: "oom_kill", in: text[...])
  }

  package init(_ text: [UInt8]) {
    let fields = KernelFields(text[...])
    oomKills = fields["oom_kill"]
    allocationStalls = Self.sum(fields, "allocstall")
    directScans = Self.sum(fields, "pgscan_direct")
    directSteals = Self.sum(fields, "pgsteal_direct")
    kswapdScans = Self.sum(fields, "pgscan_kswapd")
    kswapdSteals = Self.sum(fields, "pgsteal_kswapd")
    swapIns = fields["pswpin"]
    swapOuts = fields["pswpout"]
    majorFaults = fields["pgmajfault"]
    refaults = Self.sum(fields, "workingset_refault")
  }

  /// `name` itself, or the sum of `name_…`, but for a counter of throttled tasks that only looks like a zone's.
  private static func sum(_ fields: KernelFields, _ name: StaticString) -> UInt64? {
    let length = name.utf8CodeUnitCount
    return fields.sum {
      $0.starts(with: name) && ($0.count == length || $0[length] == UInt8(ascii: "_"))
        && !$0[...].ends(with: "_throttle")
    }
  }
}
