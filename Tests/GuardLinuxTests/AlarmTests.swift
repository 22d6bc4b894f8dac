import GuardLinux
import Testing

struct AlarmTests {
  private let event = UInt64(7)

  private func rings(_ time: Duration?) throws -> Bool {
    let alarm = try Alarm()
    try alarm.set(time)
    // Waits for it, where it is to come at all; a second source ends the wait where it is not.
    let other = try Alarm()
    try other.set(Clock.boot() + .milliseconds(30))
    var loop = try EventLoop()
    try loop.watch(alarm.descriptor, for: .readable, token: event)
    try loop.watch(other.descriptor, for: .readable, token: 8)
    return try loop.wait().contains { $0.token == event }
  }

  @Test func itRingsOnceItsTimeHasCome() throws {
    for time in [Duration.zero, .seconds(-5), .nanoseconds(-1), .nanoseconds(1), Clock.boot()] {
      #expect(try rings(time), "\(time)")
    }
    #expect(try rings(Clock.boot() + .milliseconds(5)))
  }

  @Test func itIsSilentUntilThenOrForEver() throws {
    #expect(try !rings(nil))
    #expect(try !rings(Clock.boot() + .seconds(3600)))
    #expect(try !rings(.seconds(Int64.max)))
  }

  @Test func itRingsOnceAndIsSilentAfterThat() throws {
    let alarm = try Alarm()
    try alarm.set(.zero)
    var loop = try EventLoop()
    try loop.watch(alarm.descriptor, for: .readable, token: event)
    #expect(try loop.wait().map(\.token) == [event])
    try alarm.acknowledge()
    try alarm.acknowledge()
    let other = try Alarm()
    try other.set(.zero)
    try loop.watch(other.descriptor, for: .readable, token: 8)
    #expect(try loop.wait().map(\.token) == [8])
  }

  @Test func aClockThatNobodySetsIsSilent() throws {
    let watch = try #require(WallClockWatch())
    let other = try Alarm()
    try other.set(Clock.boot() + .milliseconds(30))
    var loop = try EventLoop()
    try loop.watch(watch.descriptor, for: .readable, token: event)
    try loop.watch(other.descriptor, for: .readable, token: 8)
    #expect(try loop.wait().map(\.token) == [8])
    watch.acknowledge()
  }

  @Test func theClocksOfOneInstantAgree() {
    let (monotonic, boot) = (Clock.monotonic(), Clock.boot())
    #expect(monotonic <= boot, "boot counts the time asleep as well")
    #expect(Clock.wall() > .seconds(1_700_000_000))
    #expect(Duration.microseconds(-1_500_001).microseconds == -1_500_001)
    #expect(Duration.nanoseconds(1_999).microseconds == 1)
  }
}
