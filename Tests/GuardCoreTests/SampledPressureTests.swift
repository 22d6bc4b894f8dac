import GuardCore
import Testing

struct SampledPressureTests {
  private func headroom(_ percent: UInt64, total: UInt64 = 10_000_000) -> Headroom? {
    (try? MemoryInfo(Array("MemTotal: \(total) kB\nMemAvailable: \(total / 100 * percent) kB\n".utf8)))
      .map { Headroom($0) }
  }

  private func stalls(some: UInt64, full: UInt64) -> Pressure {
    func line(_ total: UInt64) -> Pressure.Line {
      .init(avg10: 0, avg60: 0, avg300: 0, totalMicroseconds: total)
    }
    return Pressure(some: line(some), full: line(full))
  }

  private func counters(_ stalls: UInt64, scans: UInt64? = nil, steals: UInt64? = nil) -> VMStat {
    var text = "allocstall_normal \(stalls)\n"
    if let scans { text += "pgscan_direct \(scans)\n" }
    if let steals { text += "pgsteal_direct \(steals)\n" }
    return VMStat(Array(text.utf8))
  }

  private func levels(
    _ looks: [(percent: UInt64?, pressure: Pressure?, counters: VMStat?)],
    _ change: (inout PressureSettings) -> Void = { _ in }
  ) -> [PressureAlarm.Level] {
    var settings = PressureSettings()
    change(&settings)
    var sampled = SampledPressure(settings)
    return looks.enumerated().map { index, look in
      sampled.level(
        of: .init(
          at: .seconds(index), headroom: look.percent.flatMap { headroom($0) }, pressure: look.pressure,
          counters: look.counters))
    }
  }

  @Test func stallTimeIsHeldAgainstTheSameThresholds() {
    // 15 % some, 10 % full of a second.
    let looks: [(UInt64?, Pressure?, VMStat?)] = [
      (10, stalls(some: 0, full: 0), nil), (10, stalls(some: 149_999, full: 0), nil),
      (10, stalls(some: 299_999, full: 0), nil), (10, stalls(some: 400_000, full: 100_000), nil),
      (60, stalls(some: 900_000, full: 600_000), nil), (10, stalls(some: 900_000, full: 600_000), nil),
    ]
    #expect(levels(looks) == [.calm, .calm, .warning, .critical, .calm, .calm])
  }

  @Test func withoutStallTimeReclaimByTheTasksThemselvesTells() {
    let looks: [(UInt64?, Pressure?, VMStat?)] = [
      (15, nil, counters(100)), (15, nil, counters(109)), (15, nil, counters(119)), (50, nil, counters(900)),
      (15, nil, counters(900)),
    ]
    #expect(levels(looks) == [.calm, .calm, .warning, .calm, .calm])
    let poor: [(UInt64?, Pressure?, VMStat?)] = [
      (15, nil, counters(0, scans: 0, steals: 0)), (15, nil, counters(50, scans: 1000, steals: 900)),
      (15, nil, counters(100, scans: 3000, steals: 1200)),
    ]
    #expect(levels(poor) == [.calm, .warning, .critical], "what it looks at is in use")
  }

  @Test func aLeakThatStallsNobodyIsToldByWhatIsLeft() {
    let looks: [(UInt64?, Pressure?, VMStat?)] = [30, 19, 10, 9, 5, 4, 30].map { ($0, nil, nil) }
    #expect(levels(looks) == [.calm, .calm, .calm, .warning, .warning, .critical, .calm])
    #expect(
      levels(looks) { $0.availableBelowPercent = 100 }
        == [.calm, .calm, .calm, .warning, .warning, .critical, .calm])
    #expect(
      levels(looks) { $0.availableBelowPercent = 40 }
        == [.calm, .warning, .warning, .critical, .critical, .critical, .calm])
  }

  @Test func whatNobodyTellsIsNotMadeUp() {
    #expect(levels([(nil, nil, nil), (nil, nil, nil)]) == [.calm, .calm])
    #expect(
      levels([(nil, nil, counters(0)), (nil, nil, counters(1000))]) == [.calm, .warning],
      "unknown memory holds nothing back")
  }

  @Test func countersThatFallAreNoGrowth() {
    #expect(levels([(10, nil, counters(1000)), (10, nil, counters(0))]) == [.calm, .calm])
    #expect(
      levels([(10, stalls(some: 9_000_000, full: 0), nil), (10, stalls(some: 0, full: 0), nil)])
        == [.calm, .calm])
  }

  @Test(
    arguments: [
      (20, 10_000_000, 500), (25, 10_000_000, 500), (100, 2_000_000, 1525), (100, 10_000_000, 7629),
      (100, 1_000_000_000, 30_000), (1, 1000, 500),
    ] as [(UInt64, UInt64, Int64)])
  func thePauseGrowsWithWhatIsLeft(percent: UInt64, total: UInt64, milliseconds: Int64) {
    let pause = SampledPressure(PressureSettings()).pause(headroom(percent, total: total))
    #expect(pause == .milliseconds(milliseconds))
  }

  @Test func whereNothingIsToldTheLookIsEverySecond() {
    #expect(SampledPressure(PressureSettings()).pause(nil) == .seconds(1))
  }
}
