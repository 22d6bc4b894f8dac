/// What `oomguardctl` tells its caller by its exit status, in every verb.
package enum ExitStatus: Int32, Sendable {
  case fine = 0
  /// The answer is there, and something in it needs attention.
  case finding = 1
  /// The command line was wrong.
  case usage = 2
  /// The daemon does not run, or what it left cannot be relied on.
  case notRunning = 3
  /// The caller may not do or see this.
  case notPermitted = 4
}
