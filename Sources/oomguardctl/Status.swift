internal import ArgumentParser
internal import GuardCore
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// `oomguardctl status`
struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows whether oomguard runs, what it protects, and what is wrong.",
    discussion: """
      Exit status 1 if a promise is not kept or the configuration has a mistake, 3 if the daemon is not \
      running, is stuck, or left a status file that cannot be relied on.
      """)

  @Argument(help: "Show this rule and its processes only.", completion: Candidates.rules)
  var rule: String?

  @Flag(help: "Print the status document, with the pressure read now, as JSON.")
  var json = false

  @Flag(name: .shortAndLong, help: "Show every process, all kills, and the counters.")
  var verbose = false

  @OptionGroup var place: Place

  func run() throws {
    let root = place.directory
    let now = Oomguardctl.now
    let reading = StatusFile(in: root).reading(at: now).withPressure(CurrentPressure(in: root))

    if let rule, let document = reading.document, !document.rules.contains(where: { $0.name == rule }) {
      let names = document.rules.map(\.name)
      let all = names.map { "'\($0)'" }.joined(separator: ", ")
      let meant = rule.meant(among: names).map { "did you mean '\($0)'?" }
      throw Refusal(
        .usage, "no rule '\(rule)'; \(meant ?? (names.isEmpty ? "there are no rules" : "there is \(all)"))")
    }
    if let problem = reading.problem { Oomguardctl.complain("oomguardctl: \(problem)") }
    try Oomguardctl.show(StatusAnswer(reading, rule: rule), asJSON: json) {
      let screen = StatusScreen(reading, at: now, detail: verbose ? .verbose : .brief, in: $0)
      return rule.map { screen.lines(rule: $0) ?? [] } ?? screen.lines()
    }
    try Oomguardctl.conclude(reading.problem?.exitStatus ?? (reading.hasFinding ? .finding : .fine))
  }
}
