/// The rules in force, each with the score it comes to on this machine.
package struct RuleSet: Equatable, Sendable {
  package let rules: [Rule]
  /// The promised score of the rule at the same index.
  package let scores: [OOMScoreAdj]

  /// - Parameter totalBytes: RAM and swap together, which allowances are converted with.
  package init(_ rules: [Rule], totalBytes: UInt64) {
    self.rules = rules
    scores = rules.map { $0.amount.score(totalBytes: totalBytes) }
  }

  /// Whether a rule names processes by something else than their cgroup, so that all of /proc must be searched.
  package var needsScan: Bool { rules.contains { !$0.selector.namesCgroups } }

  /// Whether a rule asks for processes by their cgroup at all.
  package var needsCgroups: Bool { rules.contains { $0.selector.namesCgroups } }

  package func admits(_ cgroup: CgroupPath) -> Bool { firstAdmitting(cgroup) != nil }

  /// The first rule that names this cgroup, whatever else it asks for.
  package func firstAdmitting(_ cgroup: CgroupPath) -> Int? {
    rules.firstIndex { $0.selector.namesCgroups && $0.selector.admits(cgroup) }
  }

  /// The first rule, in file order, that means this process.
  package func firstMatch(_ facts: inout (some ProcessFacts & ~Copyable)) -> Int? {
    for (index, rule) in rules.enumerated() where rule.selector.matches(&facts) { return index }
    return nil
  }
}
