internal import ArgumentParser
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// The command line: each verb has a file of its own.
@main
struct Oomguardctl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "oomguardctl",
    abstract: "Asks what is protected from the kernel's OOM killer, and what it killed.",
    discussion: """
      Exit status: 0 fine, 1 a finding, 2 wrong usage, 3 the daemon is not running or what it left is not \
      usable, 4 not permitted.
      """,
    version: "oomguardctl \(Release.version)",
    subcommands: [
      Status.self,
      Victims.self,
      Explain.self,
      Memory.self,
      Check.self,
      Kills.self,
      Watch.self,
      Protect.self,
      Unprotect.self,
      Drill.self,
      Metrics.self,
      CheckConfig.self,
      Parse.self,
      Reclaim.self,
      Experiment.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      // The parser's own number for a wrong command line is EX_USAGE of sysexits.h.
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      complain(fullMessage(for: error))
      exit(withError: ExitCode(ExitStatus.usage.rawValue))
    }
  }

  /// Says on standard error what is wrong.
  static func complain(_ message: String) {
    // Nobody is left to tell if that fails.
    try? StandardStream.error.write((message.hasSuffix("\n") ? message : "\(message)\n").utf8)
  }

  /// Ends with `status`, unless all is fine.
  ///
  /// - Parameter problem: what is the matter beside the answer, for standard error.
  static func conclude(_ status: ExitStatus, problem: String? = nil) throws {
    if let problem { complain("oomguardctl: \(problem)") }
    guard status == .fine else { throw ExitCode(status.rawValue) }
  }

  /// Says why there is no answer, and ends with the status that goes with it.
  static func refuse(_ refusal: Refusal) throws {
    complain("oomguardctl: \(refusal)")
    try conclude(refusal.exitStatus)
  }

  /// Prints an answer in the one form or the other.
  static func show(
    _ answer: some Encodable, asJSON: Bool, _ lines: (Appearance) -> [String]
  ) throws {
    try StandardStream.output.write(
      asJSON ? JSONWriter.bytes(of: answer, layout: .indented) : lines(appearance).flatMap { "\($0)\n".utf8 })
  }

  /// The wall clock.
  static var now: Timestamp { Timestamp(microsecondsSinceEpoch: Clock.wall().microseconds) }

  /// Where the answer goes, and how it may look there.
  static var appearance: Appearance {
    Appearance(terminalColumns: StandardStream.output.terminalColumns, environment: OwnProcess.environment)
  }

  /// Whether standard output is a terminal on which a screen can be drawn.
  static var canDraw: Bool {
    StandardStream.output.terminalColumns != nil && Appearance.isDrawable(OwnProcess.environment)
  }
}
