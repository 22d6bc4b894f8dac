/// Which dangers of each rule were told, so that each is told once: also of a unit whose processes come and go.
package struct ToldDangers: Sendable {
  /// Some name a process or a unit of which there will always be others: past so many of one rule, those that are no
  /// more are forgotten.
  package static let manyTold = 256

  private var told: [String: Set<Danger>] = [:]

  /// How many are remembered.
  package var count: Int { told.values.reduce(0) { $0 + $1.count } }

  package init() {}

  /// - Parameter found: all that there are now, by rule.
  /// - Returns: those of them that were not told yet, by the names of their rules.
  package mutating func tell(_ found: [String: [Danger]]) -> [(rule: String, danger: Danger)] {
    let new = found.sorted { $0.key < $1.key }.flatMap { rule, dangers in
      dangers.filter { told[rule, default: []].insert($0).inserted }.map { (rule, $0) }
    }
    for (rule, dangers) in found where told[rule]?.count ?? 0 > Self.manyTold { told[rule] = Set(dangers) }
    return new
  }
}
