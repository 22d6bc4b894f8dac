/// The clock of the kernel's log, told in CLOCK_MONOTONIC. Both stand still while the machine sleeps, but nobody
/// disciplines the log's (local_clock() of kernel/sched/clock.c): after weeks it is seconds or minutes off.
///
/// A record that wakes a waiting reader was printed just now, so the difference at that moment is how far the
/// log's clock is behind, plus the little time the wake-up took.
package struct LogClock: Equatable, Sendable {
  /// As much as the kernel lets NTP correct a clock: 500 ppm. Two clocks drift apart no faster.
  private static let driftDivisor = 2000
  private static let interval = Duration.seconds(1)

  private var lag = Duration.zero
  private var measured: Duration?

  package init() {}

  /// - Parameters:
  ///   - microseconds: the stamp of the newest record, read by a reader that had read all before and waited.
  ///   - now: CLOCK_MONOTONIC.
  package mutating func received(_ microseconds: UInt64, at now: Duration) {
    let seen = now - .microseconds(Int64(clamping: microseconds))
    guard let measured else {
      (lag, self.measured) = (seen, now)
      return
    }
    // Whatever is smaller is truer, since a late reader only adds to it; but the clocks go on drifting.
    guard seen < lag || now - measured >= Self.interval else { return }
    lag = min(seen, lag + (now - measured) / Self.driftDivisor)
    self.measured = now
  }

  /// When a record was printed, in CLOCK_MONOTONIC; never later than `now`.
  package func monotonic(_ microseconds: UInt64, at now: Duration) -> Duration {
    min(now, .microseconds(Int64(clamping: microseconds)) + lag)
  }
}
