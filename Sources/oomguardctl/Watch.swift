internal import ArgumentParser
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// `oomguardctl watch`
struct Watch: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows pressure, memory, the next victims and what happens, live.",
    discussion: """
      On a terminal a screen, until q. Else, or with --json, a line for each event, from the journal; where there \
      is none, or no right to read it, from what changes in the daemon's status, which tells of kills, of pressure \
      and of what the daemon does without. It ends when nobody reads its output any more.
      """)

  @Flag(help: "Print each event as one line of JSON.")
  var json = false

  @Option(help: ArgumentHelp("Draw the screen so many times a second, 1 to 10.", valueName: "hertz"))
  var rate = 1

  @OptionGroup var place: Place

  /// In a storm there are thousands, each with a report of up to 64 KiB.
  private static let batch = 16

  func validate() throws {
    guard LiveView.rates.contains(rate) else { throw ValidationError("--rate takes a number from 1 to 10") }
  }

  func run() throws {
    if !json, Oomguardctl.canDraw { return try showScreen() }
    let feed = try EventFeed(in: place.directory) { Oomguardctl.now }
    let appearance = Oomguardctl.appearance
    var told: String?
    // Else it would be silent for ever, and nobody knew why.
    if let problem = StatusFile(in: place.directory).reading(at: Oomguardctl.now).problem {
      Oomguardctl.complain("oomguardctl: \(problem)")
    }
    while true {
      if feed.why != told, let why = feed.why {
        Oomguardctl.complain("oomguardctl: \(why), so this is what changes in the daemon's status")
        told = why
      }
      let events = try feed.take(atMost: Self.batch)
      for event in events {
        // Whole lines, each in one write: a reader of the pipe never waits for the rest of one.
        let line = try json ? JSONWriter.bytes(of: event) : Array("\(event.line(in: appearance))\n".utf8)
        do throws(SystemCallError) {
          try StandardStream.output.write(line)
        } catch {
          guard error.meansNoReader else { throw error }
          return
        }
      }
      if events.count == Self.batch { continue }
      if try StandardStream.output.waiting(forInput: feed.descriptorNumber) == .abandoned { return }
    }
  }

  private func showScreen() throws {
    let (root, appearance) = (place.directory, Oomguardctl.appearance)
    let ending = try TerminalKeeper.run(keeping: Terminal()) { terminal in
      do throws(SystemCallError) {
        try LiveSession(in: root, hertz: rate, in: appearance).run(on: terminal)
        return ExitStatus.fine.rawValue
      } catch {
        Oomguardctl.complain("oomguardctl: \(error)")
        return ExitStatus.usage.rawValue
      }
    }
    switch ending {
    case .exited(let status): if status != 0 { throw ExitCode(status) }
    case .killed(let signal):
      Oomguardctl.complain("oomguardctl: the screen was ended by signal \(signal)")
      throw ExitCode(128 + signal)
    }
  }
}
