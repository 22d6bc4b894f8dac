internal import GuardCore
internal import GuardLinux

/// Looks for what rules do to this machine that their author probably did not mean.
final class Dangers {
  private let keeper: Keeper
  /// By rule, sorted by their text.
  private(set) var found: [String: [Danger]] = [:]
  /// What PID 1 answered, by unit; `nil` while it has been asked. Units that are gone are forgotten at the next look.
  private var policies: [String: String?] = [:]

  init(_ keeper: Keeper) { self.keeper = keeper }

  /// What was told since the last load.
  private var told = ToldDangers()

  /// After a reload PID 1 is asked again, since drop-ins may have come, and everything is told again.
  func forget() { (policies, told) = ([:], ToldDangers()) }

  /// Looks again, after a survey.
  ///
  /// - Returns: what was not told yet, with its rule's name.
  func look() -> [(rule: String, danger: Danger)] {
    found = [:]
    let known = policies
    policies = [:]
    for (rule, score) in zip(keeper.rules.rules, keeper.rules.scores) {
      var dangers = Set(Danger.of(rule, score: score))
      let entries = keeper.ledger.entries.values.lazy.filter { $0.rule == rule.name }
      if rule.kind == .protect, score == .immune { dangers.formUnion(immunity(entries)) }
      if rule.kind == .protect { dangers.formUnion(policy(entries, known)) }
      if !dangers.isEmpty { found[rule.name] = dangers.sorted { $0.description < $1.description } }
    }
    return told.tell(found)
  }

  private func immunity(_ entries: some Sequence<Ledger.Entry>) -> Set<Danger> {
    var dangers: Set<Danger> = []
    var immune: [CgroupPath: Int] = [:]
    for entry in entries where entry.score == .immune {
      guard let cgroup = entry.cgroup, let isLimited = keeper.survey.hasMemoryLimit(cgroup) else { continue }
      immune[cgroup.unitPath ?? cgroup, default: 0] += 1
      if !isLimited {
        dangers.insert(.immuneWithoutLimit(comm: entry.comm.printable, pid: entry.process.pid))
      }
    }
    for (path, count) in immune
    where count == keeper.unitSizes[path] && keeper.survey.hasMemoryLimit(path) == true {
      dangers.insert(.immuneCgroupWithLimit(cgroup: path.description))
    }
    return dangers
  }

  /// A unit of one process has no child that could end it.
  ///
  /// - Parameter known: what PID 1 answered until now, or is still asked for.
  private func policy(
    _ entries: some Sequence<Ledger.Entry>, _ known: [String: String?]
  ) -> Set<Danger> {
    var dangers: Set<Danger> = []
    for path in Set(entries.compactMap { $0.cgroup?.unitPath }) where keeper.unitSizes[path] ?? 0 > 1 {
      guard let unit = path.unit.flatMap({ String(validating: $0, as: UTF8.self) }) else { continue }
      let answer = policies[unit] ?? known[unit]
      policies[unit] = .some(answer ?? nil)
      if let policy = answer ?? nil {
        if policy != "continue" { dangers.insert(.unitEndsWithChild(unit: unit, policy: policy)) }
      } else if answer == nil {
        // The answer is told at the next look.
        keeper.mains.askOOMPolicy(of: unit) { [self] in policies[unit] = $0 }
      }
    }
    return dangers
  }
}
