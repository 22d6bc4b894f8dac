internal import ArgumentParser
internal import GuardCore
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// `oomguardctl kills`
struct Kills: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the OOM kills of this machine, or one of them in full.",
    discussion: """
      From the journal, of any boot; where there is none, or no right to read it, the daemon's status answers, \
      which keeps the last \(StatusDocument.maximumKills) of this boot, and the answer says so. Exit status 0 also \
      if there is no kill, 2 if there is none of that id, 3 if nobody answers, 4 if the journal may not be read and \
      the daemon has left no status.
      """)

  @Argument(
    help: "Show this kill in full: victim, trigger, limit, the kernel's choice done again, its report.",
    completion: Candidates.kills)
  var id: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Only kills since then: '2026-05-04 10:00', '2 hours ago', -2h, yesterday, @1777888800.",
      valueName: "time"))
  var since: String?

  @Option(help: "Only kills of this unit: a name, a slice, or a glob as 'postgresql@*'.")
  var unit: String?

  @Flag(help: "Print the kills as JSON.")
  var json = false

  @OptionGroup var place: Place

  func run() throws {
    let now = Oomguardctl.now
    let selection = try KillArchive.Selection(since: Self.moment(since, at: now), unit: Self.filter(unit))
    let archive = KillArchive(in: place.directory, at: now)
    guard let id else { return try show(archive.kills(selection), at: now) }

    let (kill, answer) = archive.kill(id: id)
    guard let kill else {
      guard answer.exitStatus == .fine else { return try show(answer, at: now) }
      let why = answer.source == .daemon ? answer.why.map { "; \($0)" } ?? "" : ""
      throw Refusal(.usage, "no kill '\(id)'; see which there are with: oomguardctl kills\(why)")
    }
    try Oomguardctl.show(KillAnswer(kill, answer), asJSON: json) {
      KillScreen(kill, why: answer.why, at: now, in: $0).lines()
    }
  }

  private func show(_ answer: KillsAnswer, at now: Timestamp) throws {
    if answer.exitStatus != .fine, let why = answer.why { Oomguardctl.complain("oomguardctl: \(why)") }
    try Oomguardctl.show(answer, asJSON: json) { KillsScreen(answer, at: now, in: $0).lines() }
    try Oomguardctl.conclude(answer.exitStatus)
  }

  private static func moment(_ text: String?, at now: Timestamp) throws(Refusal) -> Timestamp? {
    guard let text else { return nil }
    guard let moment = Moment.reading(text, at: now) else {
      throw Refusal(
        .usage, "'\(text)' is no time; write it as '2026-05-04 10:00', '2 hours ago', -2h or yesterday")
    }
    return moment
  }

  private static func filter(_ text: String?) throws(Refusal) -> UnitFilter? {
    do throws(PatternError) {
      return try text.map { (text) throws(PatternError) in try UnitFilter(text) }
    } catch {
      throw Refusal(.usage, "'\(text ?? "")' is no unit's name: \(error.message)")
    }
  }
}
