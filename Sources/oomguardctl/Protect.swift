internal import ArgumentParser
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// `oomguardctl protect`
struct Protect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Protects a unit from now on: writes a rule, has it loaded, and shows what has come of it.",
    discussion: """
      For root. The rule is a drop-in of its own, for the unit's main process, and checked with the whole \
      configuration before it is written. Exit status 1 if the promise is not kept or another rule comes \
      first, 3 if the daemon does not run: then it counts from its next start.
      """)

  @Argument(
    help: "The unit, as in systemctl; .service may be left out.", completion: Candidates.units)
  var unit: String

  // Unconditional: a score below 0 looks like an option.
  @Option(
    parsing: .unconditional,
    help: "The score, from -999, the last to be killed, to 1000.")
  var score: Int

  @Flag(help: "Until the next boot only.")
  var runtime = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup var place: Place

  func run() throws {
    let answer = try Protection.protect(
      unit, score: score, runtime: runtime, in: place.directory, wall: { Oomguardctl.now })
    try Oomguardctl.show(answer, asJSON: json) { ProtectionScreen(answer, in: $0).lines() }
    try Oomguardctl.conclude(answer.exitStatus, problem: answer.problem)
  }
}
