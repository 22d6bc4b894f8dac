import GuardCore
import Testing

struct PressureAlarmTests {
  private static let settings: PressureSettings = {
    var settings = PressureSettings()
    settings.warning = .init(kind: .some, percent: 15, window: .seconds(2))
    settings.critical = .init(kind: .full, percent: 10, window: .seconds(2))
    settings.availableBelowPercent = 20
    settings.clearAfter = .seconds(15)
    return settings
  }()

  private func pressure(some: UInt64, full: UInt64?) -> Pressure {
    func line(_ total: UInt64) -> Pressure.Line {
      Pressure.Line(avg10: 0, avg60: 0, avg300: 0, totalMicroseconds: total)
    }
    return Pressure(some: line(some), full: full.map(line))
  }

  private func alarm(_ change: (inout PressureSettings) -> Void = { _ in }) -> PressureAlarm {
    var settings = Self.settings
    change(&settings)
    return PressureAlarm(settings, armedAt: pressure(some: 1_000_000, full: 1_000_000))
  }

  @Test func theStallOfAWindowIsItsShareInMicroseconds() {
    #expect(Self.settings.warning.stallMicroseconds == 300_000)
    #expect(
      PressureSettings.Threshold(kind: .some, percent: 1, window: .milliseconds(500)).stallMicroseconds
        == 5000)
    #expect(
      PressureSettings.Threshold(kind: .full, percent: 100, window: .seconds(10)).stallMicroseconds
        == 10_000_000)
  }

  @Test func eachLevelIsToldOnceAndClearedOnce() {
    var alarm = alarm()
    #expect(alarm.nextChange == nil)
    let warned = alarm.triggered(
      .warning, pressure: pressure(some: 1_300_000, full: 1_000_000), available: 1999, at: .seconds(100))
    #expect(warned == .warning)
    #expect(alarm.nextChange == .seconds(115))
    let again = alarm.triggered(
      .warning, pressure: pressure(some: 1_600_000, full: 1_000_000), available: 1999, at: .seconds(110))
    #expect(again == nil, "no news")
    #expect(alarm.nextChange == .seconds(125), "but prolonged")
    let worse = alarm.triggered(
      .critical, pressure: pressure(some: 1_900_000, full: 1_200_000), available: 1999, at: .seconds(112))
    #expect(worse == .critical)
    #expect(alarm.nextChange == .seconds(127))
    #expect(alarm.settle(at: .milliseconds(126_999)) { nil } == nil)
    #expect(alarm.settle(at: .seconds(127)) { nil } == .calm, "the warning was over at 125 s")
    #expect(alarm.nextChange == nil)
    #expect(alarm.settle(at: .seconds(1000)) { nil } == nil)
  }

  @Test func whatIsNotCriticalAnyMoreMayStillBeAWarning() {
    var alarm = alarm()
    _ = alarm.triggered(
      .critical, pressure: pressure(some: 1_300_000, full: 1_300_000), available: nil, at: .seconds(100))
    _ = alarm.triggered(
      .warning, pressure: pressure(some: 1_600_000, full: 1_300_000), available: nil, at: .seconds(110))
    #expect(alarm.level == .critical)
    #expect(alarm.settle(at: .seconds(115)) { nil } == .warning)
    #expect(alarm.nextChange == .seconds(125))
    #expect(alarm.settle(at: .seconds(125)) { nil } == .calm)
  }

  @Test(
    arguments: [(1_299_999, nil), (1_300_000, .warning), (1_000_000, nil), (0, nil)]
      as [(UInt64, PressureAlarm.Level?)])
  func aTriggerCountsOnlyIfTheStallTimeReallyGrewByAsMuch(some: UInt64, expected: PressureAlarm.Level?) {
    var alarm = alarm()
    let level = alarm.triggered(
      .warning, pressure: pressure(some: some, full: 0), available: 0, at: .seconds(100))
    #expect(level == expected)
  }

  @Test func anUnbelievedTriggerStartsTheCountAnew() {
    var alarm = alarm()
    for (total, time) in [(1_200_000, 100), (1_400_000, 102), (1_699_999, 104)] as [(UInt64, Int)] {
      let level = alarm.triggered(
        .warning, pressure: pressure(some: total, full: 0), available: 0, at: .seconds(time))
      #expect(level == nil)
    }
    let level = alarm.triggered(
      .warning, pressure: pressure(some: 1_999_999, full: 0), available: 0, at: .seconds(106))
    #expect(level == .warning)
  }

  @Test(arguments: [
    (20, 2000, false), (20, 1999, true), (20, nil, true), (100, 10_000, true), (1, 100, false),
  ])
  func aLevelIsRaisedOnlyWhileMemoryIsShort(percent: Int, available: Int?, expected: Bool) {
    var alarm = alarm { $0.availableBelowPercent = percent }
    let level = alarm.triggered(
      .warning, pressure: pressure(some: 2_000_000, full: 0), available: available, at: .seconds(100))
    #expect((level == .warning) == expected)
  }

  @Test func aTriggerWhileMemoryIsPlentifulDoesNotProlong() {
    var alarm = alarm()
    _ = alarm.triggered(
      .warning, pressure: pressure(some: 2_000_000, full: 0), available: 0, at: .seconds(100))
    _ = alarm.triggered(
      .warning, pressure: pressure(some: 3_000_000, full: 0), available: 9000, at: .seconds(110))
    #expect(alarm.settle(at: .seconds(115)) { nil } == .calm)
  }

  @Test func twoTriggersInTheSameInstantBothCountWhicheverComesFirst() {
    func outcome(of order: [PressureAlarm.Level], told: [PressureAlarm.Level?]) -> PressureAlarm {
      // Of one kind: what the one was believed must not be missing from the other's count.
      var alarm = alarm { $0.critical = .init(kind: .some, percent: 40, window: .seconds(2)) }
      let now = pressure(some: 2_000_000, full: 0)
      let levels = order.map { alarm.triggered($0, pressure: now, available: 0, at: .seconds(100)) }
      #expect(levels == told)
      return alarm
    }
    let warningFirst = outcome(of: [.warning, .critical], told: [.warning, .critical])
    let criticalFirst = outcome(of: [.critical, .warning], told: [.critical, nil])
    #expect(warningFirst == criticalFirst)
    #expect(warningFirst.level == .critical)
  }

  @Test func aLevelThatALookFoundCountsAtOnce() {
    var alarm = PressureAlarm(Self.settings)
    #expect(alarm.raised(.calm, available: nil, at: .seconds(100)) == nil)
    #expect(alarm.raised(.warning, available: nil, at: .seconds(101)) == .warning)
    #expect(alarm.raised(.warning, available: nil, at: .seconds(110)) == nil)
    #expect(alarm.raised(.critical, available: nil, at: .seconds(111)) == .critical)
    #expect(alarm.raised(.calm, available: nil, at: .seconds(125)) == nil)
    #expect(alarm.raised(.calm, available: nil, at: .seconds(126)) == .calm)
    #expect(alarm.nextChange == nil)
  }

  @Test func noLevelFallsWhileNextToNothingIsLeft() {
    var alarm = alarm()
    _ = alarm.triggered(
      .warning, pressure: pressure(some: 1_300_000, full: 1_000_000), available: 400, at: .seconds(100))
    #expect(alarm.settle(at: .seconds(115)) { 499 } == nil, "a quarter of 20 %")
    #expect(alarm.level == .warning)
    #expect(alarm.nextChange == .seconds(130), "looked at again")
    _ = alarm.triggered(
      .critical, pressure: pressure(some: 1_300_000, full: 2_000_000), available: 400, at: .seconds(120))
    #expect(alarm.settle(at: .seconds(135)) { 499 } == nil)
    #expect(alarm.level == .critical)
    #expect(alarm.settle(at: .seconds(149)) { fatalError("not asked for while the level holds") } == nil)
    #expect(alarm.settle(at: .seconds(150)) { 500 } == .calm)
    #expect(alarm.nextChange == nil)

    // With the gate off the usual share counts.
    var open = self.alarm { $0.availableBelowPercent = 100 }
    _ = open.triggered(
      .warning, pressure: pressure(some: 1_300_000, full: 1_000_000), available: 400, at: .seconds(100))
    #expect(open.settle(at: .seconds(115)) { 499 } == nil)
    #expect(open.settle(at: .seconds(130)) { 500 } == .calm)
  }

  @Test func aLevelHoldsForTwoWindowsAtLeast() {
    var alarm = alarm { settings in
      settings.clearAfter = .seconds(1)
      settings.critical.window = .seconds(10)
    }
    _ = alarm.triggered(
      .warning, pressure: pressure(some: 1_300_000, full: 1_000_000), available: nil, at: .seconds(100))
    #expect(alarm.nextChange == .seconds(104))
    _ = alarm.triggered(
      .critical, pressure: pressure(some: 1_300_000, full: 2_000_000), available: nil, at: .seconds(100))
    #expect(alarm.nextChange == .seconds(120))
    #expect(alarm.settle(at: .milliseconds(119_999)) { nil } == nil)
    #expect(alarm.settle(at: .seconds(120)) { nil } == .calm)
  }

  @Test(arguments: [(500, 2), (2000, 2), (2001, 4), (5000, 6), (9000, 10), (10_000, 10)])
  func theWindowsOfUnitsAreMultiplesOfTwoSeconds(milliseconds: Int, seconds: Int) {
    var settings = PressureSettings()
    settings.warning.window = .milliseconds(milliseconds)
    settings.critical = .init(kind: .some, percent: 3, window: .milliseconds(milliseconds))
    var expected = settings
    (expected.warning.window, expected.critical.window) = (.seconds(seconds), .seconds(seconds))
    #expect(settings.ofUnits == expected)
  }

  @Test func withoutAFullLineItsTriggerNeverCounts() {
    var alarm = PressureAlarm(Self.settings, armedAt: pressure(some: 0, full: nil))
    let level = alarm.triggered(
      .critical, pressure: pressure(some: 9_000_000, full: nil), available: 0, at: .seconds(100))
    #expect(level == nil)
  }

  @Test func aLevelFlapsNoFasterThanItIsCleared() {
    var alarm = alarm()
    var total: UInt64 = 1_000_000
    var changes: [Int] = []
    // Pressure comes and goes every other second, for ten minutes; the loop wakes when it is told to.
    for tenths in 0..<6000 {
      let now = Duration.milliseconds(tenths * 100)
      if let due = alarm.nextChange, due <= now, alarm.settle(at: now, available: { nil }) != nil {
        changes.append(tenths)
      }
      if tenths % 20 == 0, tenths % 1000 < 500 {
        total += 400_000
        let level = alarm.triggered(
          .warning, pressure: pressure(some: total, full: 0), available: 0, at: now)
        if level != nil { changes.append(tenths) }
      }
    }
    // Raised with each of the six bursts, cleared 15 s after each one's last trigger.
    let expected: [Int] = (0..<6).flatMap { (burst: Int) -> [Int] in [burst * 1000, burst * 1000 + 630] }
    #expect(changes == expected)
  }
}
