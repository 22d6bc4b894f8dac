internal import ArgumentParser
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// `oomguardctl unprotect`
struct Unprotect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Takes back what protect has written, has it loaded, and shows what has come of it.",
    discussion: """
      For root. A rule that somebody else wrote is named and left alone, with exit status 1. Exit status 2 if \
      no rule means the unit, 3 if the daemon does not run.
      """)

  @Argument(help: "The unit, as it was protected.", completion: Candidates.units)
  var unit: String

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup var place: Place

  func run() throws {
    let answer = try Protection.unprotect(unit, in: place.directory, wall: { Oomguardctl.now })
    try Oomguardctl.show(answer, asJSON: json) { ProtectionScreen(answer, in: $0).lines() }
    try Oomguardctl.conclude(answer.exitStatus, problem: answer.problem)
  }
}
