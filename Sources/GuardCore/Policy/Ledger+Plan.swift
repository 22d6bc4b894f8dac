extension Ledger {
  /// What observations lead to.
  package struct Plan: Equatable, Sendable {
    package var changes: [ScoreChange] = []
    /// Processes that left since the last survey.
    package var departed: [ProcessIdentity] = []
    /// Processes whose score somebody else insists on: oomguard gives way.
    package var conflicts: [Entry] = []
    /// Whether to look again in ``Ledger/startTime``.
    package var looksAgain = false
    /// Children of main processes that are to lose what they inherited, ``Ledger/birthTime`` after they were forked.
    package var newborns: [Int32] = []

    package init(changes: [ScoreChange] = [], newborns: [Int32] = []) {
      (self.changes, self.newborns) = (changes, newborns)
    }
  }
}
