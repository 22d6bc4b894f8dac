internal import CLinux
internal import Glibc

/// The kernel's clocks, as durations since their own zero. See clock_gettime(2).
package enum Clock {
  /// Since boot, time asleep included: what deadlines are counted in.
  package static func boot() -> Duration { reading(CLOCK_BOOTTIME) }
  /// Since boot, without time asleep: near to the stamps of the kernel's log.
  package static func monotonic() -> Duration { reading(CLOCK_MONOTONIC) }
  /// Since 1970-01-01 UTC.
  package static func wall() -> Duration { reading(CLOCK_REALTIME) }

  /// Sleeps; only where nothing else is left to wait for.
  package static func pause(_ time: Duration) { usleep(UInt32(clamping: time.microseconds)) }

  private static func reading(_ clock: clockid_t) -> Duration {
    var now = timespec()
    // Cannot fail: every kernel oomguard runs on has these three clocks.
    unsafe clock_gettime(clock, &now)
    return Duration(
      secondsComponent: Int64(now.tv_sec), attosecondsComponent: Int64(now.tv_nsec) * 1_000_000_000)
  }
}

extension Duration {
  /// Whole microseconds, rounded towards zero.
  package var microseconds: Int64 {
    components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
  }
}
