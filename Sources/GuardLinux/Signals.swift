internal import CLinux
internal import Glibc

/// Signals as events of the loop instead of interruptions. See signalfd(2).
package struct Signals: ~Copyable {
  package let descriptor: OwnedDescriptor

  package enum Signal: CInt, Sendable {
    case hangup = 1
    case interrupt = 2
    case quit = 3
    case user1 = 10
    case terminate = 15
    /// One of our own processes ended.
    case child = 17
    case resume = 18
    /// A stop asked for by a key, which one may put off.
    case stop = 20
    /// The terminal has another size.
    case resize = 28
  }

  /// Blocks these signals, which then wait in the descriptor.
  package init(_ signals: [Signal]) throws(SystemCallError) {
    var mask = sigset_t()
    unsafe sigemptyset(&mask)
    for signal in signals { unsafe sigaddset(&mask, signal.rawValue) }
    _ = try SystemCallError.check("sigprocmask", "signals") { unsafe sigprocmask(SIG_BLOCK, &mask, nil) }
    let number = try SystemCallError.check("signalfd", "signals") { unsafe clinux_signalfd(&mask) }
    descriptor = OwnedDescriptor(number: number, path: "signalfd")
  }

  /// Those that came since the last call.
  package borrowing func take() throws(SystemCallError) -> [Signal] {
    var signals: [Signal] = []
    let size = MemoryLayout<signalfd_siginfo>.size
    while let record = try descriptor.read(atMost: size), record.count == size {
      // ssi_signo is the first field: 32 bits in the machine's byte order.
      let signal = unsafe record.withUnsafeBytes { unsafe $0.loadUnaligned(as: UInt32.self) }
      if let known = Signal(rawValue: CInt(truncatingIfNeeded: signal)) { signals.append(known) }
    }
    return signals
  }
}

extension OwnProcess {
  /// From now on a write to a pipe that nobody reads any more fails with EPIPE, and ends nobody. See signal(7).
  package static func outliveReaders() { signal(SIGPIPE, SIG_IGN) }

  /// Holds back what a terminal or an administrator ends a program with, in this process and those it starts, so that
  /// `body` can put away what it has made; what came meanwhile arrives when this returns.
  ///
  /// - Parameter body: is handed what tells whether one of them waits.
  package static func deferringSignals(_ body: (_ arePending: () -> Bool) -> Void) {
    let numbers = [SIGHUP, SIGINT, SIGTERM]
    var (held, before) = (sigset_t(), sigset_t())
    unsafe sigemptyset(&held)
    for number in numbers { unsafe sigaddset(&held, number) }
    unsafe sigprocmask(SIG_BLOCK, &held, &before)
    defer { unsafe sigprocmask(SIG_SETMASK, &before, nil) }
    body {
      var pending = sigset_t()
      unsafe sigpending(&pending)
      return numbers.contains { unsafe sigismember(&pending, $0) == 1 }
    }
  }
}
