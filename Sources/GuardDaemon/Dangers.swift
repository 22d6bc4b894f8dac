internal import GuardCore
internal import GuardLinux

/// Looks for what rules do to this machine that their author probably did not mean.
final class Dangers {
  private let keeper: Keeper
  /// By rule, sorted by their text.
  private(set) var found: [String: [Danger]] = [:]
  /// What PID 1 answered, by unit; `nil` while it has been asked.
  private var policies: [String: String?] = [:]

  init(_ keeper: Keeper) { self.keeper = keeper }

  /// What was told since the last load: a unit whose processes come and go is told of once.
  private var told: [String: Set<Danger>] = [:]

  /// After a reload PID 1 is asked again, since drop-ins may have come, and everything is told again.
  func forget() { (policies, told) = ([:], [:]) }

  /// Looks again, after a survey.
  ///
  /// - Returns: what was not told yet, with its rule's name.
  func look() -> [(rule: String, danger: Danger)] {
    found = [:]
    for (rule, score) in zip(keeper.rules.rules, keeper.rules.scores) {
      var dangers = Set(Danger.of(rule, score: score))
      let entries = keeper.ledger.entries.values.lazy.filter { $0.rule == rule.name }
      if rule.kind == .protect, score == .immune { dangers.formUnion(immunity(entries)) }
      if rule.kind == .protect { dangers.formUnion(policy(entries)) }
      if !dangers.isEmpty { found[rule.name] = dangers.sorted { $0.description < $1.description } }
    }
    return found.sorted { $0.key < $1.key }.flatMap { rule, dangers in
      dangers.filter { told[rule, default: []].insert($0).inserted }.map { (rule, $0) }
    }
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
  private func policy(_ entries: some Sequence<Ledger.Entry>) -> Set<Danger> {
    var dangers: Set<Danger> = []
    for path in Set(entries.compactMap { $0.cgroup?.unitPath }) where keeper.unitSizes[path] ?? 0 > 1 {
      guard let unit = path.unit.flatMap({ String(validating: $0, as: UTF8.self) }) else { continue }
      if let policy = policies[unit] ?? nil {
        if policy != "continue" { dangers.insert(.unitEndsWithChild(unit: unit, policy: policy)) }
      } else if policies[unit] == nil {
        policies[unit] = .some(nil)
        // The answer is told at the next look.
        keeper.mains.askOOMPolicy(of: unit) { [self] in policies[unit] = $0 }
      }
    }
    return dangers
  }
}
