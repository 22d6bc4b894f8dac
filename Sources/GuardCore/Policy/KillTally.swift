/// How many kills had which constraint, and how many of their victims held a promise.
package struct KillTally: Equatable, Sendable {
  package struct Count: Equatable, Sendable {
    package var total: UInt64 = 0
    /// Of these, victims that held a promise when they died.
    package var protected: UInt64 = 0

    package init(total: UInt64 = 0, protected: UInt64 = 0) {
      (self.total, self.protected) = (total, protected)
    }
  }

  /// Of a constraint that never was there is none.
  package private(set) var counts: [OOMKill.Constraint: Count] = [:]

  package init() {}

  package mutating func add(_ constraint: OOMKill.Constraint, isProtected: Bool) {
    counts[constraint, default: Count()].total += 1
    if isProtected { counts[constraint, default: Count()].protected += 1 }
  }

  /// Reads words like `memcg:12:3`: the constraint, how many kills, and of these protected.
  ///
  /// - Returns: `nil` if one of them is no such word.
  init?(_ words: ArraySlice<ArraySlice<UInt8>>) {
    for word in words {
      let parts = word.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard parts.count == 3,
        let constraint = OOMKill.Constraint.allCases.first(where: { parts[0].elementsEqual($0.rawValue.utf8) }
        ),
        let total = UInt64(ascii: parts[1]), let protected = UInt64(ascii: parts[2]), protected <= total,
        counts.updateValue(Count(total: total, protected: protected), forKey: constraint) == nil
      else { return nil }
    }
  }

  /// The same words, with a space before each.
  var words: String {
    OOMKill.Constraint.allCases.compactMap { constraint in
      counts[constraint].map { " \(constraint.rawValue):\($0.total):\($0.protected)" }
    }.joined()
  }
}
