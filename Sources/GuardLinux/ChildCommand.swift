internal import CLinux
internal import Glibc
internal import GuardCore

/// A command that was started beside us, in a process group of its own. It is to be asked for its end, or stays a zombie.
package struct ChildCommand: Sendable {
  package enum Ending: Equatable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)
  }

  package let pid: Int32

  /// Starts `command`, an absolute path and its arguments, with score 0, no signal blocked, `input` to read, and our
  /// standard error to write to. Does not wait for it. See posix_spawn(3).
  ///
  /// - Throws: why there is no such process, for instance ENOENT or EACCES.
  package init(
    _ command: [String], environment: [String], input: [UInt8]
  ) throws(SystemCallError) {
    let path = command.first ?? ""
    let number = try SystemCallError.check("memfd_create", "input") {
      unsafe clinux_memory_file("oomguard-event")
    }
    let file = OwnedDescriptor(number: number, path: "input")
    try file.write(input)
    _ = lseek(file.number, 0, SEEK_SET)

    // Ours are closed by exec in any case; whoever started us may have left us others.
    _ = clinux_keep_descriptors()
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, file.number, STDIN_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var (none, all) = (sigset_t(), sigset_t())
    unsafe sigemptyset(&none)
    unsafe sigfillset(&all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var words = unsafe Self.terminated(command)
    var variables = unsafe Self.terminated(environment)
    defer { unsafe Self.free(words + variables) }
    var pid: pid_t = 0
    let code = unsafe posix_spawn(&pid, path, &actions, &attributes, &words, &variables)
    guard code == 0 else { throw SystemCallError(call: "posix_spawn", subject: path, code: code) }
    self.pid = pid
    takeOwnScoreAway()
  }

  private static func terminated(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
    unsafe texts.map { unsafe strdup($0) } + [nil]
  }

  private static func free(_ texts: [UnsafeMutablePointer<CChar>?]) {
    for index in unsafe texts.indices { unsafe Glibc.free(texts[index]) }
  }

  /// Born with our score, it would be spared for no reason.
  private func takeOwnScoreAway() {
    // Where it may not be changed, it runs all the same.
    guard let zero = OOMScoreAdj(0), let proc = try? ProcDirectory(in: RootDirectory()),
      let own = try? proc.process(pid), let process = try? own.stat().identity
    else { return }
    try? own.write(zero, to: process)
  }

  /// Ends it and everything in its process group, at once.
  package func kill() { _ = Glibc.kill(-pid, SIGKILL) }

  /// How it ended, once it has; then what it left running ends too, and nothing is left of it.
  package func ending() -> Ending? {
    // Looked at before it is taken away: until then its number, and so its group's, is nobody else's.
    var about = unsafe siginfo_t()
    let options = CInt(bitPattern: 0x0100_0005)  // WNOHANG | WEXITED | WNOWAIT, of which Swift sees no macro
    guard unsafe waitid(P_PID, id_t(pid), &about, options) == 0, unsafe about.si_signo == SIGCHLD else {
      return nil
    }
    kill()
    var status: CInt = 0
    unsafe waitpid(pid, &status, 0)
    let signal = status & 0x7f
    return signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
  }
}
