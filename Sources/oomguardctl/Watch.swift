internal import ArgumentParser
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// `oomguardctl watch`
struct Watch: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what happens as it happens: kills, pressure, scores that drift.",
    discussion: """
      A line for each event, from the journal; where there is none, or no right to read it, from what changes in \
      the daemon's status, which tells of kills, of pressure and of what the daemon does without. It ends when \
      nobody reads its output any more.
      """)

  @Flag(help: "Print each event as one line of JSON.")
  var json = false

  @OptionGroup var place: Place

  /// In a storm there are thousands, each with a report of up to 64 KiB.
  private static let batch = 16

  func run() throws {
    let feed = try EventFeed(in: place.directory) { Oomguardctl.now }
    let appearance = Oomguardctl.appearance
    var told: String?
    while true {
      if feed.why != told, let why = feed.why {
        Oomguardctl.complain("oomguardctl: \(why); so this is what changes in the daemon's status")
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
}
