import GuardCore
import Testing

struct LogClockTests {
  @Test func beforeARecordCameLiveTheClocksAreTakenForEqual() {
    let clock = LogClock()
    #expect(clock.monotonic(90_000_000, at: .seconds(100)) == .seconds(90))
    // A stamp of the future was printed now.
    #expect(clock.monotonic(101_000_000, at: .seconds(100)) == .seconds(100))
  }

  /// After weeks the log's clock may be half a minute behind, or ahead.
  @Test(arguments: [30, -30])
  func aLiveRecordTellsHowFarTheClocksAreApart(lag: Int64) {
    var clock = LogClock()
    clock.received(1_000_000_000, at: .seconds(1000 + lag))
    #expect(clock.monotonic(1_000_000_000, at: .seconds(1000 + lag)) == .seconds(1000 + lag))
    #expect(clock.monotonic(900_000_000, at: .seconds(1000 + lag)) == .seconds(900 + lag))
  }

  /// A reader that was stopped takes in late what was printed long ago.
  @Test func aLateReaderDoesNotMakeRecordsYounger() {
    var clock = LogClock()
    clock.received(10_000_000, at: .seconds(10))
    clock.received(20_000_000, at: .seconds(80))
    // As much as two clocks may drift apart in those 70 s, and no more.
    #expect(clock.monotonic(20_000_000, at: .seconds(80)) == .seconds(20) + .milliseconds(35))
    clock.received(81_000_000, at: .seconds(81))
    #expect(clock.monotonic(81_000_000, at: .seconds(81)) == .seconds(81))
  }

  @Test func slowDriftIsFollowed() {
    var clock = LogClock()
    // 100 ppm, for a day of records once a minute.
    for minute in 0..<1440 {
      let now = Duration.seconds(60 * minute)
      clock.received(UInt64(minute) * 60_000_000 - UInt64(minute) * 6_000, at: now)
      #expect(clock.monotonic(UInt64(minute) * (60_000_000 - 6_000), at: now) == now)
    }
  }
}
