internal import CSystemd
internal import GuardLinux

/// Tells the service manager how we are. See sd_notify(3) for the words.
///
/// The words are sent here and not by libsystemd, whose call waits for a reader that does not read.
package struct ServiceManager: ~Copyable {
  private let outbox: Outbox?
  private var lastStatus = ""
  /// How often `WATCHDOG=1` is expected at least; `nil` when it is not. See sd_watchdog_enabled(3).
  package let watchdogInterval: Duration?

  /// Silent where no service manager asked for notifications (NOTIFY_SOCKET).
  package init() { self.init(notifying: OwnProcess.environment("NOTIFY_SOCKET")) }

  init(notifying address: String?) {
    outbox = address.map { Outbox(to: $0) }
    var microseconds: UInt64 = 0
    let isWanted = unsafe sd_watchdog_enabled(0, &microseconds) > 0
    watchdogInterval = isWanted ? .microseconds(Int64(clamping: microseconds)) : nil
  }

  /// Whether PID 1 is systemd. See sd_booted(3).
  package static func isRunning() -> Bool { sd_booted() > 0 }

  package mutating func ready(at now: Duration) { outbox?.send(Array("READY=1\n".utf8), at: now) }

  package mutating func reloading(monotonic: Duration, at now: Duration) {
    outbox?.send(Array("RELOADING=1\nMONOTONIC_USEC=\(monotonic.microseconds)\n".utf8), at: now)
  }

  package mutating func stopping(at now: Duration) { outbox?.send(Array("STOPPING=1\n".utf8), at: now) }

  package mutating func watchdog(at now: Duration) { outbox?.send(Array("WATCHDOG=1\n".utf8), at: now) }

  /// One line for `systemctl status`; sent only if it changed.
  package mutating func status(_ text: String, at now: Duration) {
    guard text != lastStatus else { return }
    lastStatus = text
    outbox?.send(Array("STATUS=\(text)\n".utf8), at: now)
  }

  package mutating func flush(at now: Duration) { outbox?.flush(at: now) }
  package var unsent: UInt64 { outbox?.unsent ?? 0 }
  package var retryAt: Duration? { outbox?.retryAt }
}
