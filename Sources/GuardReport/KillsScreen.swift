package import GuardStatus

/// `oomguardctl kills` for people.
package struct KillsScreen: Sendable {
  private let answer: KillsAnswer
  private let now: Timestamp
  private let appearance: Appearance

  /// - Parameter now: the wall clock, for ages.
  package init(_ answer: KillsAnswer, at now: Timestamp, in appearance: Appearance) {
    (self.answer, self.now, self.appearance) = (answer, now, appearance)
  }

  /// The table, and a last line that counts and names the source.
  package func lines() -> [String] {
    guard let source = answer.source else { return [] }
    let table =
      answer.kills.isEmpty ? [] : KillTable(at: now, showsID: true).lines(answer.kills, in: appearance)
    let count = answer.kills.count
    let kills = count == 0 ? "no kills" : "\(count) kill\(count == 1 ? "" : "s")"
    let place = source == .journal ? "from the journal" : "from the daemon's status"
    let why = answer.why.map { "; \($0)" } ?? ""
    return table + ["\(kills), \(place)\(why)".shown(in: appearance)]
  }
}
