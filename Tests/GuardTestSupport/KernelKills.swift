import Foundation

/// The right to have the kernel kill, for as long as this is kept: one test of the machine at a time has it.
///
/// All tests share one kernel, and after ten reports within five seconds it leaves everything out of the next but the
/// line `Killed process`. Source: mm/oom_kill.c, oom_kill_process(); include/linux/ratelimit_types.h.
package final class KernelKills {
  package enum Number { case few, many }

  private let number: Number
  private let lock: CInt

  /// Waits until no other test has it.
  package init(_ number: Number) throws {
    self.number = number
    lock = unsafe open("/tmp/oomguard-test-kills.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard lock >= 0, flock(lock, LOCK_EX) == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
  }

  deinit {
    // Until the kernel is willing to tell in full again.
    if number == .many { usleep(5_100_000) }
    close(lock)
  }
}
