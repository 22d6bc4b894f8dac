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

  /// Of the first rule that names this cgroup.
  package func scope(of cgroup: CgroupPath) -> Rule.Scope? {
    firstAdmitting(cgroup).flatMap { rules[$0].scope }
  }

  /// What the process connector has to tell of for these rules.
  ///
  /// Execs for rules by name, and for those that mean every process of a cgroup, since a process can be
  /// born into one (CLONE_INTO_CGROUP) without any other sign.
  package var wantsExecs: Bool { rules.contains { $0.scope != .main } }
  package var wantsComms: Bool { rules.contains { !$0.selector.comms.isEmpty } }
  package var wantsUIDs: Bool { rules.contains { !$0.selector.users.isEmpty } }

  /// Whether a cgroup below this one may be named by a rule; if not, there is no need to look there.
  package func mayNameBelow(_ cgroup: CgroupPath) -> Bool {
    rules.contains { $0.selector.namesCgroups && $0.selector.mayAdmitBelow(cgroup) }
  }

  /// The first rule that names this cgroup, whatever else it asks for.
  package func firstAdmitting(_ cgroup: CgroupPath) -> Int? {
    rules.firstIndex { $0.selector.namesCgroups && $0.selector.admits(cgroup) }
  }

  /// What a process's cgroup and comm, the cheapest to read, tell of it.
  package enum FirstLook: Equatable, Sendable {
    /// No rule means it, whatever else it is.
    case stranger
    /// The rule at this index means it: none up to there asks for more.
    case meant(Int)
    case undecided
  }

  /// The rules, in file order, that may mean a process of this cgroup; `nil` is one that no rule names.
  package func candidates(in cgroup: CgroupPath?) -> [Int] {
    rules.indices.filter { index in
      let selector = rules[index].selector
      return !selector.namesCgroups || cgroup.map(selector.admits) ?? false
    }
  }

  /// Tells most processes apart by what costs least.
  ///
  /// - Parameters:
  ///   - candidates: of ``candidates(in:)``.
  ///   - comm: asked for when the first rule depends on it; `nil` for a process that cannot be read.
  package func firstLook(among candidates: [Int], comm: () -> [UInt8]?) -> FirstLook {
    var asked: [UInt8]??
    for index in candidates {
      let selector = rules[index].selector
      if !selector.comms.isEmpty {
        let known = asked ?? comm()
        asked = .some(known)
        guard let known, selector.comms.contains(where: { $0.matches(known) }) else { continue }
      }
      return selector.asksMoreThanCgroupAndComm ? .undecided : .meant(index)
    }
    return .stranger
  }

  /// The first rule, in file order, that means this process.
  package func firstMatch(_ facts: inout (some ProcessFacts & ~Copyable)) -> Int? {
    for (index, rule) in rules.enumerated() where rule.selector.matches(&facts) { return index }
    return nil
  }
}
