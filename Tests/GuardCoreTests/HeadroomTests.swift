import GuardCore
import Testing

struct HeadroomTests {
  private func memory(total: UInt64 = 1_000_000, available: UInt64? = 400_000, swapFree: UInt64? = 50_000)
    -> MemoryInfo
  {
    var text = "MemTotal: \(total) kB\n"
    if let available { text += "MemAvailable: \(available) kB\n" }
    if let swapFree { text += "SwapFree: \(swapFree) kB\n" }
    return (try? MemoryInfo(Array(text.utf8))) ?? emptyMemory
  }

  private let emptyMemory: MemoryInfo = {
    do { return try MemoryInfo(Array("MemTotal: 1 kB\n".utf8)) } catch { fatalError("\(error)") }
  }()

  private func figures(_ headroom: Headroom) -> [UInt64?] {
    [
      headroom.totalKB, headroom.availableKB, headroom.swapFreeKB, headroom.leftKB,
      headroom.availableHundredths.map { UInt64($0) }, headroom.isLimited ? 1 : 0,
    ]
  }

  @Test func withoutALimitItIsTheMachines() {
    #expect(figures(Headroom(memory())) == [1_000_000, 400_000, 50_000, 450_000, 4000, 0])
    #expect(figures(Headroom(memory(available: nil, swapFree: nil))) == [1_000_000, nil, 0, nil, nil, 0])
  }

  @Test func aLimitBelowTheMachinesMemoryCountsInstead() {
    let limit = CgroupLimit(
      limitBytes: 100_000 << 10, usedBytes: 90_000 << 10, inactiveFileBytes: 30_000 << 10)
    #expect(figures(Headroom(memory(), limit: limit)) == [100_000, 40_000, 50_000, 90_000, 4000, 1])
    let swapless = CgroupLimit(limitBytes: 100_000 << 10, usedBytes: 0, swapLeftBytes: 0)
    #expect(figures(Headroom(memory(), limit: swapless)) == [100_000, 100_000, 0, 100_000, 10_000, 1])
    #expect(
      figures(Headroom(memory(available: 10_000), limit: swapless)) == [100_000, 10_000, 0, 10_000, 1000, 1],
      "the machine may have less than the limit leaves")
  }

  @Test func aLimitAsLargeAsTheMachineIsNone() {
    let limit = CgroupLimit(limitBytes: 9_223_372_036_854_771_712, usedBytes: 5)
    #expect(Headroom(memory(), limit: limit) == Headroom(memory()))
  }

  @Test(
    arguments: [
      ("max\n", "5\n", nil), ("", "", nil), ("100\n", "x", nil), ("100\n", "25\n", (75, 7500)),
      ("100\n", "125\n", (0, 0)), ("0\n", "0\n", (0, 0)),
    ] as [(String, String, (UInt64, Int)?)])
  func theKernelsTextsAreRead(limit: String, used: String, expected: (available: UInt64, free: Int)?) {
    let read = CgroupLimit(limit: Array(limit.utf8), used: Array(used.utf8))
    #expect(read?.availableBytes == expected?.available)
    #expect(read?.freeHundredths == expected?.free)
  }

  @Test func whatNobodyUsedLatelyIsNotTakenForGood() {
    func limit(stat: String) -> CgroupLimit? {
      CgroupLimit(
        limit: Array("1000\n".utf8), used: Array("900\n".utf8), stat: Array(stat.utf8),
        swapMax: Array("50\n".utf8), swapUsed: Array("20\n".utf8))
    }
    #expect(limit(stat: "active_file 1\ninactive_file 300\n")?.availableBytes == 400)
    #expect(
      limit(stat: "inactive_file 1\ntotal_inactive_file 300\n")?.availableBytes == 400,
      "v1 counts its own apart")
    #expect(limit(stat: "inactive_file 5000\n")?.availableBytes == 1000)
    #expect(limit(stat: "")?.swapLeftBytes == 30)
    #expect(limit(stat: "inactive_file 300\n")?.freeHundredths == 1000, "but it fills the limit")
  }

  /// Of 1000 bytes 600 are taken.
  @Test(
    arguments: [
      ("2000\n", "700\n", 900), ("1000\n", "600\n", 0), ("1000\n", "1100\n", 0), ("", "600\n", nil),
      ("2000\n", "", nil), ("9223372036854771712\n", "600\n", 9_223_372_036_854_770_712),
    ] as [(String, String, UInt64?)])
  func v1LimitsMemoryAndSwapTogether(both: String, used: String, swapLeft: UInt64?) {
    let limit = CgroupLimit(
      limit: Array("1000\n".utf8), used: Array("600\n".utf8), bothMax: Array(both.utf8),
      bothUsed: Array(used.utf8))
    #expect(limit?.swapLeftBytes == swapLeft)
  }
}
