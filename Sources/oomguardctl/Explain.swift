internal import ArgumentParser
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// `oomguardctl explain`
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows one process's score and badness: who set it, which rule means it, would it be killed.",
    discussion: """
      Works without the daemon, which alone knows the base. Exit status 1 if the rule's promise is broken, 2 if \
      there is no such process.
      """)

  @Argument(help: "The process, or one of its threads.", completion: Candidates.pids)
  var pid: Int32

  @OptionGroup var source: ConfigSource

  @Flag(help: "Print the answer as JSON.")
  var json = false

  @OptionGroup var place: Place

  func validate() throws {
    guard pid > 0 else { throw ValidationError("a pid is a number from 1 up") }
  }

  func run() throws {
    try source.requireSound()
    let explanation: Explanation
    do {
      let now = Oomguardctl.now
      explanation = try Explanation(of: pid, config: source.config, in: place.directory, at: now)
    } catch {
      Oomguardctl.complain("oomguardctl: \(error)")
      return try Oomguardctl.conclude(error.exitStatus)
    }
    try Oomguardctl.show(explanation, asJSON: json) { ExplanationScreen(explanation, in: $0).lines() }
    try Oomguardctl.conclude(explanation.exitStatus)
  }
}
