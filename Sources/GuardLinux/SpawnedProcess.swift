internal import CLinux
internal import Glibc

/// A program that was started, is talked to in lines, and ends at the latest when this does. What it prints and
/// nobody reads is held back by its pipe.
@safe package final class SpawnedProcess {
  package enum End: Equatable, Sendable {
    case exited(CInt)
    case signalled(CInt)
  }

  package let pid: Int32
  /// What it reads; `nil` once it has ended.
  private var input: OwnedDescriptor?
  private let output: OwnedDescriptor
  /// Of what it printed, that which follows the last whole line.
  private var unread: [UInt8] = []
  private var end: End?

  /// - Parameter words: the program, looked for in PATH, and its arguments.
  package init(_ words: [String]) throws(SystemCallError) {
    let toChild = try Pipe()
    let fromChild = try Pipe()
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawn_file_actions_adddup2(&actions, toChild.reading.number, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, fromChild.writing.number, 1)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    // swift-format-ignore: ReplaceForEachWithForLoop
    defer { unsafe arguments.forEach { unsafe free($0) } }
    var pid: pid_t = 0
    let code = unsafe posix_spawnp(&pid, words.first ?? "", &actions, nil, &arguments, environ)
    guard code == 0 else {
      throw SystemCallError(call: "posix_spawn", subject: words.first ?? "", code: code)
    }
    self.pid = pid
    input = consume toChild.writing
    output = fromChild.reading
  }

  deinit {
    if poll() == nil {
      kill(pid, SIGKILL)
      _ = waitpid(pid, nil, 0)
    }
  }

  /// - Throws: EPIPE if it reads no more.
  package func write(_ text: String) throws(SystemCallError) {
    let handler = signal(SIGPIPE, SIG_IGN)
    defer { signal(SIGPIPE, handler) }
    try input?.write(text)
  }

  /// Waits for its next line, without the newline; `nil` if it has closed its output before the line's end.
  package func line() throws(SystemCallError) -> String? {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        defer { unread.removeFirst(end + 1) }
        return String(decoding: unread[..<end], as: UTF8.self)
      }
      guard let more = try output.read(atMost: 4096), !more.isEmpty else { return nil }
      unread += more
    }
  }

  /// Closes its input, which ends it if it reads that to its end, and waits for it.
  @discardableResult
  package func finish() -> End? {
    input = nil
    return ended(waiting: true)
  }

  /// How it has ended; `nil` as long as it has not.
  @discardableResult
  package func poll() -> End? { ended(waiting: false) }

  private func ended(waiting: Bool) -> End? {
    if let end { return end }
    var status: CInt = 0
    while true {
      let found = unsafe waitpid(pid, &status, waiting ? 0 : WNOHANG)
      if found == pid { break }
      if found != -1 || errno != EINTR { return nil }
    }
    let signal = status & 0x7f
    end = signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    input = nil
    return end
  }
}

/// Both ends of a pipe, which a child has only where it is given them. See pipe(7).
private struct Pipe: ~Copyable {
  let reading, writing: OwnedDescriptor

  init() throws(SystemCallError) {
    var ends: (CInt, CInt) = (-1, -1)
    _ = try SystemCallError.check("pipe2", "pipe") {
      unsafe withUnsafeMutableBytes(of: &ends) {
        unsafe clinux_pipe($0.assumingMemoryBound(to: CInt.self).baseAddress)
      }
    }
    reading = OwnedDescriptor(number: ends.0, path: "pipe")
    writing = OwnedDescriptor(number: ends.1, path: "pipe")
  }
}
