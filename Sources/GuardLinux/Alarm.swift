internal import CLinux

/// One alarm on CLOCK_BOOTTIME, which goes on while the machine sleeps. See timerfd_create(2).
package struct Alarm: ~Copyable {
  package let descriptor: OwnedDescriptor

  package init() throws(SystemCallError) {
    let number = try SystemCallError.check("timerfd_create", "timer") { clinux_timerfd_create() }
    descriptor = OwnedDescriptor(number: number, path: "timerfd")
  }

  /// Rings once at `time` (``Clock/boot()``), at once if that is past; `nil` never.
  package borrowing func set(_ time: Duration?) throws(SystemCallError) {
    // Zero would disarm; a deadline at or before boot is due in any case.
    let (seconds, nanoseconds) =
      time.map { ($0.components.seconds, $0.components.attoseconds / 1_000_000_000) } ?? (0, 0)
    let isDue = time != nil && seconds <= 0 && nanoseconds <= 0
    _ = try SystemCallError.check("timerfd_settime", "timer") {
      clinux_timerfd_arm(descriptor.number, max(0, seconds), isDue ? 1 : max(0, nanoseconds))
    }
  }

  /// Makes it silent again after it rang.
  package borrowing func acknowledge() throws(SystemCallError) { _ = try descriptor.read(atMost: 8) }
}
