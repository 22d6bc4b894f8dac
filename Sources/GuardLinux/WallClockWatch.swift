internal import CLinux

/// Tells that the clock on the wall was set: by hand, at the first answer of NTP, after a sleep of the machine; not that
/// it is made to run a little faster. See TFD_TIMER_CANCEL_ON_SET in timerfd_create(2).
package final class WallClockWatch {
  package let descriptor: OwnedDescriptor

  package init?() {
    let number = clinux_timerfd_of_clock_changes()
    guard number != -1 else { return nil }
    descriptor = OwnedDescriptor(number: number, path: "wall clock")
  }

  /// Makes it silent again after a change.
  package func acknowledge() {
    // What it has to say is an error: ECANCELED.
    _ = try? descriptor.read(atMost: 8)
  }
}
