/// Every process that holds a promise, and what it would carry without oomguard.
///
/// Pure bookkeeping: a survey's observations go in, the writes that are due come out, and how each of
/// them ended goes in again. Equal inputs give equal plans.
package struct Ledger: Sendable {
  package struct Entry: Equatable, Sendable {
    package enum State: String, Sendable {
      case held, drifted, refused, pending
    }
    package var process: ProcessIdentity
    package var comm: [UInt8]
    package var cgroup: CgroupPath?
    package var rule: String
    package var kind: Rule.Kind
    package var promised: OOMScoreAdj
    package var base: OOMScoreAdj
    /// What it carried when last seen or written.
    package var score: OOMScoreAdj
    /// What oomguard last wrote to it; `nil` while it never had to. Only this is ever taken back.
    package var written: OOMScoreAdj?
    package var state: State
    package var error: String?
  }

  /// What a survey leads to.
  package struct Plan: Equatable, Sendable {
    package var changes: [ScoreChange] = []
    /// Processes that left since the last survey.
    package var departed: [ProcessIdentity] = []
  }

  package private(set) var entries: [Int32: Entry] = [:]
  /// Bases remembered from a daemon before this one, until their process is first seen.
  private var remembered: [ProcessIdentity: OOMScoreAdj]

  package init(remembered: [ProcessIdentity: OOMScoreAdj] = [:]) { self.remembered = remembered }

  /// Every pid a survey must look at even if no rule means it: it may have to be given back its base.
  package var pids: Set<Int32> { Set(entries.keys).union(remembered.keys.lazy.map(\.pid)) }

  /// What the state has to hold: the base of every process that carries something of ours.
  package var basesToGiveBack: [ProcessIdentity: OOMScoreAdj] {
    var bases = remembered
    for entry in entries.values where entry.written != nil && entry.written != entry.base {
      bases[entry.process] = entry.base
    }
    return bases
  }

  /// Compares what was seen with what was promised. `observations` is everything a rule means, and
  /// everything in ``pids`` that still lives.
  package mutating func plan(_ observations: [Observation], rules: RuleSet) -> Plan {
    var plan = Plan()
    var seen = Set<Int32>(minimumCapacity: observations.count)
    // Parents before their children, so that an inherited score finds the parent's base.
    for observation in observations.sorted(by: {
      ($0.process.startTicks, $0.process.pid) < ($1.process.startTicks, $1.process.pid)
    }) {
      seen.insert(observation.process.pid)
      if let entry = entries[observation.process.pid], entry.process != observation.process {
        entries[observation.process.pid] = nil
        plan.departed.append(entry.process)
      }
      let change = observation.rule.map { hold(observation, $0, rules) } ?? release(observation)
      if let change { plan.changes.append(change) }
    }
    for pid in entries.keys.sorted() where !seen.contains(pid) {
      if let entry = entries.removeValue(forKey: pid) { plan.departed.append(entry.process) }
    }
    remembered.removeAll()
    return plan
  }

  private mutating func hold(_ seen: Observation, _ index: Int, _ rules: RuleSet) -> ScoreChange? {
    let rule = rules.rules[index]
    let promised = rules.scores[index]
    let known = entries[seen.process.pid]
    let (base, written) = known.map { ($0.base, $0.written) } ?? origin(of: seen)
    var entry = Entry(
      process: seen.process, comm: seen.comm, cgroup: seen.cgroup, rule: rule.name, kind: rule.kind,
      promised: promised, base: base, score: seen.score, written: written, state: .held, error: nil)

    let wanted: OOMScoreAdj
    if written == seen.score {
      // What it carries is ours: the base decides what is due, also after the rule changed.
      wanted = rule.isKept(by: base, promised: promised) ? base : promised
    } else {
      // What it carries is its own or somebody else's.
      wanted = rule.isKept(by: seen.score, promised: promised) ? seen.score : promised
      if written == nil { entry.base = seen.score }
    }
    guard wanted != seen.score else {
      entries[seen.process.pid] = entry
      return nil
    }
    let isDrift = written != nil && written != seen.score
    entry.state = isDrift ? .drifted : .pending
    if known?.state == .refused { (entry.state, entry.error) = (.refused, known?.error) }
    entries[seen.process.pid] = entry
    return ScoreChange(
      process: seen.process, comm: seen.comm, cgroup: seen.cgroup, rule: rule.name, base: entry.base,
      old: seen.score, new: wanted, reason: isDrift ? .repair : .promise)
  }

  /// No rule means it any more: its base comes back, unless somebody else changed the score meanwhile.
  private mutating func release(_ seen: Observation) -> ScoreChange? {
    let entry = entries.removeValue(forKey: seen.process.pid)
    let base = entry?.base ?? remembered[seen.process]
    guard let base, base != seen.score else { return nil }
    if let entry, entry.written != seen.score { return nil }
    return ScoreChange(
      process: seen.process, comm: seen.comm, cgroup: seen.cgroup, rule: entry?.rule ?? "", base: base,
      old: seen.score, new: base, reason: .restore)
  }

  /// What a process first seen now would carry without oomguard, and what of ours it carries already.
  private func origin(of seen: Observation) -> (base: OOMScoreAdj, written: OOMScoreAdj?) {
    // A daemon before this one noted the base; if that is not what it carries, the rest was done too.
    if let base = remembered[seen.process] { return (base, base == seen.score ? nil : seen.score) }
    // A score is inherited at fork: a child of a process that was written to carries that promise, not
    // a score of its own. If the parent left already, a sibling in the same cgroup knows the base.
    func gave(_ entry: Entry) -> Bool { entry.written == seen.score }
    if let parent = entries[seen.parent], gave(parent) { return (parent.base, seen.score) }
    if let cgroup = seen.cgroup,
      let sibling = entries.values.filter({ $0.cgroup == cgroup && gave($0) })
        .min(by: { $0.process.pid < $1.process.pid })
    {
      return (sibling.base, seen.score)
    }
    return (seen.score, nil)
  }

  /// Takes note of how a write ended.
  ///
  /// - Returns: whether that is news: a refusal is, once, however often it is tried again.
  package mutating func record(_ change: ScoreChange, _ outcome: ScoreOutcome) -> Bool {
    let pid = change.process.pid
    guard var entry = entries[pid], entry.process == change.process else { return true }
    let wasRefused = entry.state == .refused
    switch outcome {
    case .written:
      (entry.score, entry.written, entry.state, entry.error) = (change.new, change.new, .held, nil)
    case .left:
      entries[pid] = nil
      return false
    case .refused(let why): (entry.state, entry.error) = (.refused, why)
    }
    entries[pid] = entry
    return entry.state != .refused || !wasRefused
  }
}
