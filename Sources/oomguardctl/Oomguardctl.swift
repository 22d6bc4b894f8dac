internal import ArgumentParser
internal import GuardCore
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
      Exit status: 0 fine, 1 a finding, 2 wrong usage, or an answer that could not be written, 3 the daemon is \
      not running or what it left is not usable, 4 not permitted.
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
      try requireVerb(of: CommandLine.arguments.dropFirst())
      var command = try parseAsRoot()
      try command.run()
    } catch let refusal as Refusal {
      complain("oomguardctl: \(refusal)")
      exit(withError: ExitCode(refusal.exitStatus.rawValue))
    } catch {
      // Help, the version, and a verb that has said what it has to say.
      if error is ExitCode || exitCode(for: error) == .success { exit(withError: error) }
      // The parser has a name and, for a wrong command line, a number of its own: EX_USAGE of sysexits.h.
      let isUsage = exitCode(for: error) == .validationFailure
      let message = isUsage ? fullMessage(for: error) : "\(error)"
      let parsersName = "Error: "
      complain(
        "oomguardctl: \(message.hasPrefix(parsersName) ? message.dropFirst(parsersName.count) : message[...])"
      )
      exit(withError: ExitCode(ExitStatus.usage.rawValue))
    }
  }

  /// The parser itself calls what is no verb an unexpected argument.
  private static func requireVerb(of words: ArraySlice<String>) throws(Refusal) {
    let verbs = configuration.subcommands.map { $0._commandName }
    let word = words.first == "help" ? words.dropFirst().first : words.first
    guard let word, !word.hasPrefix("-"), word != "help", !verbs.contains(word) else { return }
    let meant = word.meant(among: verbs).map { "did you mean '\($0)'?" }
    throw Refusal(.usage, "no verb '\(word)'; \(meant ?? "see which there are with: oomguardctl --help")")
  }

  /// Says on standard error what is wrong, fit for a terminal: what is named in it may be a stranger's choice.
  static func complain(_ message: String) {
    let appearance = Appearance(terminalColumns: nil, environment: OwnProcess.environment)
    let lines = message.split(separator: "\n", omittingEmptySubsequences: false).map {
      String($0).shown(in: appearance)
    }
    let text = lines.joined(separator: "\n")
    // Nobody is left to tell if that fails.
    try? StandardStream.error.write((text.hasSuffix("\n") ? text : "\(text)\n").utf8)
  }

  /// Ends with `status`, unless all is fine.
  ///
  /// - Parameter problem: what is the matter beside the answer, for standard error.
  static func conclude(_ status: ExitStatus, problem: String? = nil) throws {
    if let problem { complain("oomguardctl: \(problem)") }
    guard status == .fine else { throw ExitCode(status.rawValue) }
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
