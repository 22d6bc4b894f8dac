/// The rules in force, each with the score it comes to on this machine.
package struct RuleSet: Equatable, Sendable {
  package let rules: [Rule]
  /// The promised score of the rule at the same index.
  package let scores: [OOMScoreAdj]
  /// The same as the ledger holds it.
  package let promises: [Promise]
  /// The same of what it asks for, which is looked up for each process.
  private let traits: [Selector.Traits]

  /// - Parameter totalBytes: RAM and swap together, which allowances are converted with.
  package init(_ rules: [Rule], totalBytes: UInt64) {
    self.rules = rules
    promises = rules.map {
      Promise(rule: $0.name, kind: $0.kind, score: $0.amount.score(totalBytes: totalBytes))
    }
    scores = promises.map(\.score)
    traits = rules.map { $0.selector.traits }
  }

  /// Whether a rule names processes by something else than their cgroup, so that all of /proc must be searched.
  package var needsScan: Bool { traits.contains { !$0.namesCgroups } }

  /// Whether a rule asks for processes by their cgroup at all.
  package var needsCgroups: Bool { traits.contains { $0.namesCgroups } }

  /// What the process connector has to tell of for these rules.
  ///
  /// Execs for rules by name, and for those that mean every process of a cgroup, since a process can be
  /// born into one (CLONE_INTO_CGROUP) without any other sign.
  package var wantsExecs: Bool { rules.contains { $0.scope != .main } }
  package var wantsComms: Bool { rules.contains { !$0.selector.comms.isEmpty } }
  package var wantsUIDs: Bool { rules.contains { !$0.selector.users.isEmpty } }

  /// What the rules have to do with one cgroup.
  package struct Reach: Equatable, Sendable {
    /// The rules, in file order, that may mean a process of it.
    package var candidates: [Int] = []
    /// Whether one of them names the cgroup.
    package var isNamed = false
    /// Of the first that does.
    package var scope: Rule.Scope?
    /// Whether a rule may name a cgroup below it; if not, there is no need to look there.
    package var goesBelow = false

    package init() {}
  }

  /// Asked once of each cgroup on the way: patterns are the dearest part of a survey.
  package func reach(_ cgroup: CgroupPath) -> Reach {
    var reach = Reach()
    for (index, traits) in traits.enumerated() {
      guard traits.namesCgroups else {
        reach.candidates.append(index)
        continue
      }
      let isNamed = rules[index].selector.admits(cgroup)
      if isNamed {
        reach.candidates.append(index)
        if !reach.isNamed { (reach.isNamed, reach.scope) = (true, rules[index].scope) }
      }
      // A unit has its cgroup below slices only, and all that it makes below itself belongs to it.
      if isNamed || !traits.namesUnits || cgroup.isSlice { reach.goesBelow = true }
    }
    return reach
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
    cgroup.map { reach($0).candidates } ?? traits.indices.filter { !traits[$0].namesCgroups }
  }

  /// Tells most processes apart by what costs least.
  ///
  /// - Parameters:
  ///   - candidates: of ``reach(_:)`` or ``candidates(in:)``.
  ///   - comm: asked for when the first rule depends on it; `nil` for a process that cannot be read.
  package func firstLook(among candidates: [Int], comm: () -> [UInt8]?) -> FirstLook {
    var asked: [UInt8]??
    for index in candidates {
      if traits[index].asksForComm {
        let known = asked ?? comm()
        asked = .some(known)
        guard let known, rules[index].selector.comms.contains(where: { $0.matches(known) }) else { continue }
      }
      return traits[index].asksMoreThanCgroupAndComm ? .undecided : .meant(index)
    }
    return .stranger
  }

  /// The first rule, in file order, that means this process.
  package func firstMatch(_ facts: inout (some ProcessFacts & ~Copyable)) -> Int? {
    for (index, rule) in rules.enumerated() where rule.selector.matches(&facts) { return index }
    return nil
  }
}
