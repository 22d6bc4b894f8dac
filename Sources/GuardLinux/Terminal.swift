internal import CLinux
internal import Glibc

/// The terminal at standard output, for a program that draws all of it.
///
/// Opened anew, so that it can be non-blocking: that belongs to the open file, which the shell and others share.
/// Writing never waits for a slow line. See termios(3), console_codes(4).
package struct Terminal: ~Copyable {
  package let descriptor: OwnedDescriptor
  /// As it was found.
  private let settings: termios

  // Alternate screen, with the cursor kept (xterm's 1049); cursor off; and back.
  private static let entering = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[2J"
  private static let leaving = "\u{1b}[0m\u{1b}[?25h\u{1b}[?1049l"

  /// - Throws: ENOTTY if standard output is no terminal.
  package init() throws(SystemCallError) {
    guard isatty(STDOUT_FILENO) == 1 else {
      throw SystemCallError(call: "isatty", subject: "standard output", code: ENOTTY)
    }
    let descriptor = try Self.opened()
    settings = try Self.settings(of: descriptor)
    self.descriptor = descriptor
  }

  private static func settings(of terminal: borrowing OwnedDescriptor) throws(SystemCallError) -> termios {
    var settings = termios()
    let number = terminal.number
    _ = try SystemCallError.check("tcgetattr", "the terminal") { unsafe tcgetattr(number, &settings) }
    return settings
  }

  private static func opened() throws(SystemCallError) -> OwnedDescriptor {
    let flags = O_RDWR | O_NONBLOCK | O_NOCTTY
    do throws(SystemCallError) {
      return try .opening(path: "/proc/self/fd/1", flags)
    } catch {
      // Another user's, after su(1): the controlling terminal is open to everybody who has it.
      return try .opening(path: "/dev/tty", flags)
    }
  }

  /// The same, with keys that come one by one and are not shown; those that make signals still do.
  private var drawing: termios {
    var drawing = settings
    drawing.c_lflag &= ~tcflag_t(ICANON | ECHO)
    return drawing
  }

  /// From now on all of the screen is ours.
  package borrowing func enter() throws(SystemCallError) {
    try set(drawing, TCSADRAIN)
    try put(Self.entering)
  }

  /// Whether somebody entered who has not left, and nobody has set the terminal otherwise since.
  package borrowing func isEntered() -> Bool {
    guard let now = try? Self.settings(of: descriptor) else { return false }
    return now.c_lflag == drawing.c_lflag && now.c_iflag == drawing.c_iflag && now.c_oflag == drawing.c_oflag
  }

  /// As it was before ``enter()``: for whoever entered, or for somebody who survived him.
  package borrowing func leave() {
    // A shell may have taken the terminal back from a job that has lost its first process: who is in the background
    // is stopped for what follows, unless this signal waits.
    Self.delaying(SIGTTOU) {
      // What still waits to be sent is not worth waiting for; what is typed ahead is for whoever comes next.
      _ = tcflush(descriptor.number, TCOFLUSH)
      // A shell that reads a line already has set it as it likes.
      if isEntered() { try? set(settings, TCSANOW) }
      try? put(Self.leaving)
    }
  }

  private borrowing func set(_ settings: termios, _ when: CInt) throws(SystemCallError) {
    var settings = settings
    _ = try SystemCallError.check("tcsetattr", "the terminal") {
      unsafe tcsetattr(descriptor.number, when, &settings)
    }
  }

  private static func delaying(_ signal: CInt, _ body: () -> Void) {
    var (waiting, before) = (sigset_t(), sigset_t())
    unsafe sigemptyset(&waiting)
    unsafe sigaddset(&waiting, signal)
    unsafe sigprocmask(SIG_BLOCK, &waiting, &before)
    body()
    unsafe sigprocmask(SIG_SETMASK, &before, nil)
  }

  /// `nil` where the terminal does not say.
  package borrowing func size() -> (columns: Int, rows: Int)? {
    let size = clinux_terminal_size(descriptor.number)
    return size.columns > 0 && size.rows > 0 ? (Int(size.columns), Int(size.rows)) : nil
  }

  /// Whether it is ours to draw on, and not that of another job of the shell.
  package borrowing func isForeground() -> Bool {
    let owner = tcgetpgrp(descriptor.number)
    // Where it is not what controls us, nobody has jobs.
    return owner == getpgrp() || owner == -1 && errno == ENOTTY
  }

  /// What was typed; empty for nothing, `nil` when nobody can type any more.
  package borrowing func typed() -> [UInt8]? {
    do throws(SystemCallError) {
      guard let bytes = try descriptor.read(atMost: 256) else { return [] }
      return bytes.isEmpty ? nil : bytes
    } catch {
      return nil
    }
  }

  /// As much of `bytes` as there is room for.
  ///
  /// - Returns: how many that were.
  package borrowing func write(_ bytes: ArraySlice<UInt8>) throws(SystemCallError) -> Int {
    do throws(SystemCallError) {
      return try SystemCallError.check("write", "the terminal") {
        unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor.number, $0.baseAddress, $0.count) }
      }
    } catch {
      guard error.code == EAGAIN else { throw error }
      return 0
    }
  }

  /// A few bytes that must get there: waited for, but not for ever.
  private borrowing func put(_ text: String) throws(SystemCallError) {
    var rest = Array(text.utf8)[...]
    for _ in 0..<50 where !rest.isEmpty {
      rest = rest.dropFirst(try write(rest))
      var ready = pollfd(fd: descriptor.number, events: Int16(POLLOUT), revents: 0)
      if !rest.isEmpty { _ = unsafe poll(&ready, 1, 20) }
    }
  }
}
