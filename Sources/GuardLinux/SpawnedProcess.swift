internal import CLinux
internal import Glibc

/// A program that was started, and ends at the latest when this does. Its output goes nowhere.
@safe package final class SpawnedProcess {
  package enum End: Equatable, Sendable {
    case exited(CInt)
    case signalled(CInt)
  }

  package let pid: Int32
  /// What it reads; `nil` once it has ended.
  private var input: OwnedDescriptor?
  private var end: End?

  /// - Parameter words: the program, looked for in PATH, and its arguments.
  package init(_ words: [String]) throws(SystemCallError) {
    var ends: (CInt, CInt) = (-1, -1)
    _ = try SystemCallError.check("pipe2", "pipe") {
      unsafe withUnsafeMutableBytes(of: &ends) {
        unsafe clinux_pipe($0.assumingMemoryBound(to: CInt.self).baseAddress)
      }
    }
    let reading = OwnedDescriptor(number: ends.0, path: "pipe")
    input = OwnedDescriptor(number: ends.1, path: "pipe")

    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawn_file_actions_adddup2(&actions, reading.number, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
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
  }

  deinit {
    if poll() == nil {
      kill(pid, SIGKILL)
      _ = waitpid(pid, nil, 0)
    }
  }

  package func write(_ text: String) throws(SystemCallError) { try input?.write(text) }

  /// How it has ended; `nil` as long as it has not.
  @discardableResult
  package func poll() -> End? {
    if let end { return end }
    var status: CInt = 0
    guard unsafe waitpid(pid, &status, WNOHANG) == pid else { return nil }
    let signal = status & 0x7f
    end = signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    input = nil
    return end
  }
}
