import GuardCore
import GuardTestSupport
import Testing

struct OOMReportSizesTests {
  private func sizes(_ change: (inout OOMReportSizes) -> Void) -> OOMReportSizes {
    var sizes = OOMReportSizes()
    change(&sizes)
    return sizes
  }

  private func report(of fixture: String) throws -> [UInt8] {
    try #require(LogTextReader(Fixture.bytes("kernel-logs/\(fixture)"), keepsText: true).kills.first)
      .reportText
  }

  @Test func theMachinesSizesAreRead() throws {
    #expect(
      try OOMReportSizes(report: report(of: "6.1/global-first.kmsg-raw.log"))
        == sizes { ($0.ramPages, $0.reservedPages, $0.swapKB) = (130_933, 10_932, 0) })
    #expect(
      try OOMReportSizes(report: report(of: "6.1/global-with-swap.kmsg-raw.log"))
        == sizes { ($0.ramPages, $0.reservedPages, $0.swapKB) = (130_933, 10_932, 131_068) })
  }

  @Test func aMemoryCgroupsLimitsAreRead() throws {
    #expect(
      try OOMReportSizes(report: report(of: "6.1/memcg-simple.kmsg-raw.log"))
        == sizes { ($0.limitKB, $0.swapLimitKB) = (32_768, 9_007_199_254_740_988) })
    #expect(
      try OOMReportSizes(report: report(of: "6.18/memcg-v1-oom.dmesg.log"))
        == sizes { ($0.limitKB, $0.memoryAndSwapLimitKB) = (65_536, 9_007_199_254_740_988) })
  }

  @Test func theTotalIsWhatTheKernelMeasuresAgainst() {
    let machine = sizes { ($0.ramPages, $0.reservedPages, $0.swapKB) = (1000, 100, 50) }
    #expect(machine.totalKB(of: .global, pageKB: 4, swapKB: nil) == 3650)
    #expect(machine.totalKB(of: .global, pageKB: 64, swapKB: 9) == 57_650)
    #expect(machine.totalKB(of: .memcg, pageKB: 4, swapKB: 9) == nil)
    #expect(machine.totalKB(of: .cpuset, pageKB: 4, swapKB: 9) == nil)
    let version2 = sizes { ($0.limitKB, $0.swapLimitKB) = (100, 30) }
    #expect(version2.totalKB(of: .memcg, pageKB: 4, swapKB: 20) == 120)
    #expect(version2.totalKB(of: .memcg, pageKB: 4, swapKB: 40) == 130)
    #expect(version2.totalKB(of: .memcg, pageKB: 4, swapKB: nil) == nil)
    let version1 = sizes { ($0.limitKB, $0.memoryAndSwapLimitKB) = (100, 130) }
    #expect(version1.totalKB(of: .memcg, pageKB: 4, swapKB: 40) == 130)
    #expect(version1.totalKB(of: .memcg, pageKB: 4, swapKB: 20) == 120)
    #expect(sizes { $0.limitKB = 100 }.totalKB(of: .memcg, pageKB: 4, swapKB: nil) == 100)
    #expect(
      sizes { ($0.limitKB, $0.swapLimitKB) = (100, 0) }.totalKB(of: .memcg, pageKB: 4, swapKB: nil) == 100)
  }

  @Test func whatIsCutOrTooLargeIsNotKnown() {
    let cut = "memory: usage 1kB, limit 2\nswap: usage 1kB, limit 3kB\n x pages RAM\nTotal swap = 5\n"
    #expect(OOMReportSizes(report: cut.utf8) == OOMReportSizes())
    let large = sizes { ($0.ramPages, $0.reservedPages, $0.swapKB) = (.max, 0, .max) }
    #expect(large.totalKB(of: .global, pageKB: 4, swapKB: nil) == nil)
    #expect(large.totalKB(of: .global, pageKB: 1, swapKB: nil) == nil)
    let odd = sizes { ($0.ramPages, $0.reservedPages, $0.swapKB) = (1, 2, 0) }
    #expect(odd.totalKB(of: .global, pageKB: 4, swapKB: nil) == nil)
  }
}
