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

  @Argument(help: "The process, or one of its threads.")
  var pid: Int32

  @Option(
    help: ArgumentHelp(
      "Go by this configuration and the drop-ins in FILE.d.",
      discussion: "Without it: the one the daemon was started with.", valueName: "file"),
    completion: .file(extensions: ["conf"]))
  var config: String?

  @Flag(help: "Print the answer as JSON.")
  var json = false

  @OptionGroup var place: Place

  func validate() throws {
    guard pid > 0 else { throw ValidationError("a pid is a number from 1 up") }
  }

  func run() throws {
    let explanation: Explanation
    do {
      let now = Oomguardctl.now
      explanation = try Explanation(of: pid, config: config, in: place.directory, at: now)
    } catch {
      Oomguardctl.complain("oomguardctl: \(error)")
      return try Oomguardctl.conclude(error.exitStatus)
    }
    if json {
      try StandardStream.output.write(JSONWriter.bytes(of: explanation, layout: .indented))
    } else {
      let lines = ExplanationScreen(explanation, in: Oomguardctl.appearance).lines()
      try StandardStream.output.write(lines.flatMap { "\($0)\n".utf8 })
    }
    try Oomguardctl.conclude(explanation.exitStatus)
  }
}
