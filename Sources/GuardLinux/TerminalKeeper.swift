internal import CLinux
internal import Glibc

/// Stays behind while another process draws, and puts the terminal back however that one ends: a crash and SIGKILL
/// run nothing in whom they hit.
package enum TerminalKeeper {
  package enum Ending: Equatable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)
  }

  /// Runs `body` in a process forked for it.
  ///
  /// Signals that ask to end or to stop are passed on, and a stop of that process is one of ours, so that a shell
  /// sees one job. Should we be killed, it gets SIGTERM.
  ///
  /// - Parameter body: gives the exit status; leaves the terminal by itself when it comes to its end.
  package static func run(
    keeping terminal: borrowing Terminal, _ body: (borrowing Terminal) -> Int32
  ) throws(SystemCallError) -> Ending {
    var asked = sigset_t()
    var before = sigset_t()
    unsafe sigemptyset(&asked)
    for signal in [SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP] { unsafe sigaddset(&asked, signal) }
    _ = try SystemCallError.check("sigprocmask", "signals") { unsafe sigprocmask(SIG_BLOCK, &asked, &before) }
    let keeper = getpid()
    let child = try SystemCallError.check("fork", "the screen") { fork() }
    if child == 0 {
      // Before the signals are let through, lest one end us here.
      clinux_die_with_parent(SIGTERM)
      if getppid() != keeper { exit(1) }
      unsafe sigprocmask(SIG_SETMASK, &before, nil)
      exit(body(terminal))
    }
    // Who ends all processes of one name is to leave one that tidies up.
    unsafe clinux_name_process("oomguard-tty")
    while true {
      var signal: CInt = 0
      guard unsafe sigwait(&asked, &signal) == 0 else { continue }
      switch signal {
      case SIGCHLD:
        if let ending = look(at: child, terminal) {
          unsafe sigprocmask(SIG_SETMASK, &before, nil)
          return ending
        }
      // The terminal sends it to both of us.
      case SIGTSTP: break
      default: kill(child, signal)
      }
    }
  }

  /// `nil` while it lives.
  private static func look(at child: pid_t, _ terminal: borrowing Terminal) -> Ending? {
    var status: CInt = 0
    while unsafe waitpid(child, &status, WNOHANG | WUNTRACED) == child {
      let signal = status & 0x7f
      switch signal {
      case 0: return .exited((status >> 8) & 0xff)
      case 0x7f:  // stopped
        if terminal.isEntered() { terminal.leave() }
        // The shell sees us stop, and goes on with both of us.
        raise(SIGSTOP)
        kill(child, SIGCONT)
      default:
        if terminal.isEntered() { terminal.leave() }
        return .killed(signal: signal)
      }
    }
    return nil
  }
}
