/// Every process that holds a promise, and what it would carry without oomguard.
///
/// Pure bookkeeping: observations go in, the writes that are due come out, and how each of them ended goes
/// in again. Holds no clock: times are ``Duration`` since boot. Equal inputs give equal plans.
package struct Ledger: Sendable {
  /// Repairs within this time count towards a conflict.
  package static let conflictWindow = Duration.seconds(600)
  /// After this, a process that was given up is tried again.
  package static let yieldTime = Duration.seconds(3600)
  /// What a process, or PID 1, writes within this time of its birth belongs to its start, and is its base.
  package static let startTime = Duration.seconds(2)
  /// How long a child may take to write a score of its own after its fork, as PostgreSQL's and sshd's do first of all.
  /// The kernel has no write that compares: ours could undo that one.
  package static let birthTime = Duration.milliseconds(50)

  package private(set) var entries = Entries()
  /// Those that the last survey found gone: word of how they ended may come after it.
  private var departed = Entries()
  /// What no rule means any more, until its base is written back: a refused write is tried again.
  private var leaving = Entries()
  /// What a daemon before this one owed, until the process is first seen.
  private var remembered: [ProcessIdentity: Debt]
  /// Repairs of one process within ``conflictWindow`` before oomguard gives way.
  package var conflictLimit: Int

  package init(remembered: [ProcessIdentity: Debt] = [:], conflictLimit: Int = 5) {
    (self.remembered, self.conflictLimit) = (remembered, conflictLimit)
  }

  /// What was promised to a process that lives or has just ended.
  package func entry(of pid: Int32) -> Entry? { entries[pid] ?? departed[pid] }

  /// Whether nobody carries anything of ours.
  package var isEmpty: Bool { entries.isEmpty && leaving.isEmpty }

  /// Whether what it forks may be born with something of ours.
  package func mayBequeath(_ pid: Int32) -> Bool { entries[pid] != nil || leaving[pid] != nil }

  /// Every pid a survey must look at even if no rule means it: it may have to be given back its base.
  package var pids: Set<Int32> {
    var pids = Set(entries.pids)
    pids.formUnion(leaving.pids)
    pids.formUnion(remembered.keys.lazy.map(\.pid))
    return pids
  }

  /// What the state has to hold: the base of every process that carries something of ours.
  package var debts: [ProcessIdentity: Debt] {
    var debts: [ProcessIdentity: Debt] = [:]
    visitDebts { debts[$0] = $1 }
    return debts
  }

  /// The same one by one, each process once, without a copy of them all.
  package func visitDebts<Failure: Error>(
    _ body: (ProcessIdentity, Debt) throws(Failure) -> Void
  ) throws(Failure) {
    for entry in leaving.values where entry.isOwedItsBase {
      try body(entry.process, Debt(base: entry.base, written: entry.written))
    }
    for entry in entries.values where entry.written != nil && entry.written != entry.base {
      let known = leaving[entry.process.pid]
      guard known?.process != entry.process || known?.isOwedItsBase != true else { continue }
      try body(entry.process, Debt(base: entry.base, written: entry.written))
    }
    for (process, debt) in remembered
    where entries[process.pid]?.process != process && leaving[process.pid]?.process != process {
      try body(process, debt)
    }
  }

  /// How many ``debts`` there are.
  package var debtCount: Int {
    var count = 0
    visitDebts { _, _ in count += 1 }
    return count
  }

  /// Takes over what another daemon owed. Whoever is on the ledger already is known better by it.
  package mutating func remember(_ debts: [ProcessIdentity: Debt]) {
    for (process, debt) in debts
    where entries[process.pid]?.process != process && leaving[process.pid]?.process != process {
      remembered[process] = debt
    }
  }

  /// Gives every process that was given up another chance, as after a reload.
  package mutating func forgetConflicts() {
    entries.updateEach { ($0.trouble.repairs, $0.trouble.yieldedUntil) = ([], nil) }
  }

  /// Compares all that was seen with what was promised.
  ///
  /// - Parameters:
  ///   - observations: everything a rule means, and everything in ``pids`` that still lives.
  ///   - unchanged: pids of the ledger that were found as they are in it, and so were not looked at again, or that
  ///     could not be looked at.
  package mutating func plan(
    _ observations: [Observation], unchanged: Set<Int32> = [], rules: RuleSet, at now: Duration
  ) -> Plan {
    var plan = consider(observations, rules: rules, at: now)
    var seen = unchanged
    for seenNow in observations { seen.insert(seenNow.process.pid) }
    departed = Entries()
    for entry in entries.remove(where: { !seen.contains($0.process.pid) }) {
      plan.departed.append(entry.process)
      departed[entry.process.pid] = entry
    }
    plan.departed.sort { $0.pid < $1.pid }
    entries.updateEach { if unchanged.contains($0.process.pid) { $0.isInEpisode = false } }
    _ = leaving.remove { !seen.contains($0.process.pid) || !$0.isOwedItsBase }
    let alive = Set(observations.lazy.map(\.process))
    remembered = remembered.filter { alive.contains($0.key) || unchanged.contains($0.key.pid) }
    return plan
  }

  /// The same for some processes only, as after an event: of the others nothing is said.
  package mutating func consider(_ observations: [Observation], rules: RuleSet, at now: Duration)
    -> Plan
  {
    var plan = Plan()
    // Parents before their children, so that an inherited score finds the parent's base.
    for seen in observations.sorted(by: {
      ($0.process.startTicks, $0.process.pid) < ($1.process.startTicks, $1.process.pid)
    }) {
      if let entry = entries[seen.process.pid], entry.process != seen.process {
        entries[seen.process.pid] = nil
        plan.departed.append(entry.process)
      }
      if let entry = leaving[seen.process.pid], entry.process != seen.process {
        leaving[seen.process.pid] = nil
      }
      let change: ScoreChange?
      switch (seen.rule, seen.role) {
      case (nil, _): change = release(seen)
      case (_, .awaiting):
        if entries[seen.process.pid]?.trouble.lapsedAt != nil {
          entries[seen.process.pid]?.trouble.lapsedAt = now
        }
        if now - seen.process.startedAt < Self.startTime { entries[seen.process.pid]?.isStarting = true }
        change = nil
      case (let index?, .member): change = hold(seen, index, rules, at: now, &plan)
      case (let index?, .child(let main, let isNewborn)):
        change = disinherit(seen, ofMain: main, index, rules)
        if isNewborn, change != nil {
          plan.newborns.append(seen.process.pid)
          continue
        }
      }
      if let change { plan.changes.append(change) }
    }
    return plan
  }

  private mutating func hold(
    _ seen: Observation, _ index: Int, _ rules: RuleSet, at now: Duration, _ plan: inout Plan
  ) -> ScoreChange? {
    let rule = rules.rules[index]
    let promised = rules.scores[index]
    let pid = seen.process.pid
    let known = entries[pid]
    let before = known ?? leaving.removeValue(for: pid) ?? entryRemembered(of: seen)
    let (base, written) = before.map { ($0.base, $0.written) } ?? origin(of: seen, rules)
    var entry = Entry(
      process: seen.process, comm: seen.comm, cgroup: seen.cgroup, promise: rules.promises[index], base: base,
      score: seen.score, written: written, writtenBefore: before?.writtenBefore, state: .held,
      trouble: Entry.Trouble(
        repairs: known?.trouble.repairs ?? [], yieldedUntil: known?.trouble.yieldedUntil))

    let wanted: OOMScoreAdj
    var isDrift = false
    if written == seen.score {
      // What it carries is ours: the base decides what is due, also after the rule changed.
      wanted = rule.isKept(by: base, promised: promised) ? base : promised
    } else {
      // What it carries is its own or somebody else's.
      wanted = rule.isKept(by: seen.score, promised: promised) ? seen.score : promised
      if before == nil || known?.isStarting == true || now - seen.process.startedAt < Self.startTime
        || (written == nil && wanted == seen.score)
      {
        entry.base = seen.score
      } else if known != nil || seen.score != base {
        isDrift =
          wanted != seen.score
          && (written != nil || known?.score != seen.score || known?.trouble.lapsedAt != nil)
      }
      // It carried enough by itself and now does not: sshd gives its score up at a reload, saves what it then finds
      // as the one to hand to every login, and takes its own back. What it had when first seen is its base.
      if isDrift, written == nil, now - (known?.trouble.lapsedAt ?? now) < Self.startTime {
        entry.trouble.lapsedAt = known?.trouble.lapsedAt ?? now
        entry.state = .drifted
        entries[pid] = entry
        plan.looksAgain = true
        return nil
      }
    }
    guard wanted != seen.score else {
      entries[pid] = entry
      return nil
    }
    var isNews = true
    if isDrift {
      (entry.isInEpisode, isNews) = (true, known?.isInEpisode != true)
      if yields(&entry, at: now) {
        if known?.state != .yielded { plan.conflicts.append(entry) }
        entries[pid] = entry
        return nil
      }
    }
    entry.state = isDrift ? .drifted : .pending
    if known?.state == .refused { (entry.state, entry.trouble.error) = (.refused, known?.error) }
    entries[pid] = entry
    return ScoreChange(
      process: seen.process, comm: seen.comm, cgroup: seen.cgroup, rule: rule.name, base: entry.base,
      old: seen.score, new: wanted, reason: isDrift ? .repair : .promise, isNews: isNews)
  }

  /// Whether another repair of this process would be one too many.
  private func yields(_ entry: inout Entry, at now: Duration) -> Bool {
    if let until = entry.trouble.yieldedUntil {
      guard now >= until else {
        entry.state = .yielded
        return true
      }
      (entry.trouble.yieldedUntil, entry.trouble.repairs) = (nil, [])
    }
    entry.trouble.repairs.removeAll { now - $0 >= Self.conflictWindow }
    guard entry.trouble.repairs.count < conflictLimit else {
      (entry.state, entry.trouble.yieldedUntil) = (.yielded, now + Self.yieldTime)
      return true
    }
    entry.trouble.repairs.append(now)
    return false
  }

  /// A child of a main process that alone is meant: what it inherited goes back to the main process's base.
  ///
  /// A score beyond the promised one on the unprotected side is the child's own and stays.
  private mutating func disinherit(
    _ seen: Observation, ofMain main: Int32, _ index: Int, _ rules: RuleSet
  ) -> ScoreChange? {
    let rule = rules.rules[index]
    let promised = rules.scores[index]
    // It was meant itself until now: the rule's scope changed, or another process became the main one.
    if entries[seen.process.pid] != nil || leaving[seen.process.pid] != nil || remembered[seen.process] != nil
    {
      return release(seen)
    }
    // Its parent may be another: one that was the main process until now, or that another rule means.
    if let change = disinherit(seen) { return change }
    guard let main = entries[main], main.rule == rule.name, main.written != nil, main.base != seen.score,
      rule.isKept(by: seen.score, promised: promised), !rule.isKept(by: main.base, promised: promised)
    else { return nil }
    return ScoreChange(
      process: seen.process, comm: seen.comm, cgroup: seen.cgroup, rule: rule.name, base: main.base,
      old: seen.score, new: main.base, reason: .restore, isNews: false, partner: main.process.pid)
  }

  /// No rule means it any more: its base comes back, unless somebody else changed the score meanwhile.
  private mutating func release(_ seen: Observation) -> ScoreChange? {
    let pid = seen.process.pid
    var entry = entries.removeValue(for: pid)
    // Whatever was refused before, this is another write.
    entry?.state = .pending
    entry = entry ?? leaving.removeValue(for: pid) ?? entryRemembered(of: seen)
    guard var entry else { return disinherit(seen) }
    entry.score = seen.score
    // Even if nothing is due: a child seen in this same survey may ask for it.
    leaving[pid] = entry
    guard entry.isOwedItsBase else { return nil }
    return ScoreChange(
      process: seen.process, comm: seen.comm, cgroup: seen.cgroup, rule: entry.rule, base: entry.base,
      old: seen.score, new: entry.base, reason: .restore, partner: entry.trouble.partner)
  }

  /// It is promised nothing, but was born with what its parent is or was promised, and has left the parent's unit,
  /// program or user since: a login, or a shell that a protected program starts.
  private func disinherit(_ seen: Observation) -> ScoreChange? {
    guard let parent = entries[seen.parent] ?? leaving[seen.parent], parent.bequeathed(seen.score),
      parent.base != seen.score
    else {
      return nil
    }
    return ScoreChange(
      process: seen.process, comm: seen.comm, cgroup: seen.cgroup, rule: parent.rule, base: parent.base,
      old: seen.score, new: parent.base, reason: .restore, isNews: false, partner: parent.process.pid)
  }

  /// For a process that a daemon before this one wrote to; by which rule is not known any more.
  private mutating func entryRemembered(of seen: Observation) -> Entry? {
    remembered.removeValue(forKey: seen.process).map { debt in
      // The last write was noted and perhaps not made. Where none is noted, what it carries is taken for ours.
      let isFromBefore = debt.writtenBefore == seen.score
      let noted = isFromBefore ? debt.writtenBefore : debt.written
      let written = noted ?? (debt.base == seen.score ? nil : seen.score)
      return Entry(
        process: seen.process, comm: seen.comm, cgroup: seen.cgroup,
        promise: Promise(
          rule: "", kind: seen.score < debt.base ? .protect : .sacrifice, score: seen.score),
        base: debt.base, score: seen.score, written: written,
        writtenBefore: isFromBefore ? debt.written : debt.writtenBefore, state: .pending)
    }
  }

  /// What a process first seen now would carry without oomguard, and what of ours it carries already.
  private func origin(of seen: Observation, _ rules: RuleSet) -> (base: OOMScoreAdj, written: OOMScoreAdj?) {
    // A score is inherited at fork: a child of a process that was written to carries that promise, not
    // a score of its own.
    if let parent = entries[seen.parent] ?? leaving[seen.parent], parent.bequeathed(seen.score) {
      return (parent.base, seen.score)
    }
    // If the parent left already, a sibling in the same cgroup knows the base. Only the promise itself tells
    // of one: what a remembered process carries may be somebody else's score, and as common as 0. Most carry none, and
    // are not to be compared with all others.
    if rules.scores.contains(seen.score), let cgroup = seen.cgroup,
      let sibling = entries.values
        .filter({ $0.written == seen.score && $0.promised == seen.score && $0.cgroup == cgroup })
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
    let isRestore = change.reason == .restore
    if isRestore, leaving[pid]?.process != change.process {
      switch outcome {
      case .refused, .shared: leaving[pid] = heir(change)
      case .written, .left, .changed: break
      }
    }
    guard var entry = isRestore ? leaving[pid] : entries[pid], entry.process == change.process else {
      return true
    }
    let wasRefused = entry.state == .refused
    var isOver = false
    switch outcome {
    case .written:
      if entry.written != change.new { entry.writtenBefore = entry.written }
      (entry.score, entry.written, entry.state, entry.trouble.error) = (change.new, change.new, .held, nil)
      isOver = isRestore
    case .left: isOver = true
    // What was to be taken back is not ours any more.
    case .changed: isOver = isRestore
    // Owed until the other is gone, or they have parted.
    case .shared: entry.state = .pending
    case .refused(let why): (entry.state, entry.trouble.error) = (.refused, why)
    }
    if isRestore { leaving[pid] = isOver ? nil : entry } else { entries[pid] = isOver ? nil : entry }
    return outcome == .written || entry.state == .refused && !wasRefused
  }

  /// A process that was to lose what it inherited and could not: tried again as any other that is owed its base.
  private func heir(_ change: ScoreChange) -> Entry {
    Entry(
      process: change.process, comm: change.comm, cgroup: change.cgroup,
      promise: Promise(
        rule: change.rule, kind: change.old < change.new ? .protect : .sacrifice, score: change.old),
      base: change.new, score: change.old, written: change.old, state: .pending,
      trouble: Entry.Trouble(partner: change.partner))
  }

  /// Takes note of those whose scores the kernel has changed together with that of a process which was just written.
  ///
  /// They carried the same before, so they have its base, too. Those with another promise of their own are left to
  /// that; those with the same have it now, and their own base.
  package mutating func record(_ neighbours: [Observation], of change: ScoreChange) {
    for seen in neighbours {
      if let entry = entries[seen.process.pid], entry.process == seen.process {
        if entry.promised == change.new, entry.written == nil {
          entries[seen.process.pid]?.score = change.new
          entries[seen.process.pid]?.written = change.new
        }
        continue
      }
      var known = leaving[seen.process.pid]
      if known?.process != seen.process { known = nil }
      leaving[seen.process.pid] = Entry(
        process: seen.process, comm: seen.comm, cgroup: seen.cgroup,
        promise: Promise(
          rule: change.rule, kind: change.old < change.new ? .sacrifice : .protect, score: change.new),
        base: known?.base ?? change.base, score: change.new, written: change.new, state: .pending,
        trouble: Entry.Trouble(partner: change.process.pid))
    }
  }
}
