internal import GuardCore
internal import GuardLinux

/// Keeps the promises: looks, compares, writes, remembers, and gives back.
final class Keeper {
  /// What one round did, for those who tell of it.
  struct Round {
    var written: [ScoreChange] = []
    /// Refused for the first time, and the kernel's reason.
    var refused: [(change: ScoreChange, why: String)] = []
    /// Given up, since another writer insists.
    var conflicts: [Ledger.Entry] = []
    var departed = 0
    /// Processes that a rule means from now on, whether or not their score had to be changed.
    var arrived = 0
    /// Scores that were to be given back, whether or not their process was still there.
    var givenBack = 0
    /// Processes that were gone before they could be looked at; a child of theirs may not be.
    var missed = 0
    /// No process is left where it looked: whoever was there is gone, or elsewhere.
    var isDeserted = false
    /// Something is to be looked at again in ``Ledger/startTime``.
    var looksAgain = false
    /// These in ``Ledger/birthTime``.
    var newborns: Set<Int32> = []
    /// Why the world, or some of it, could not be looked at.
    var failure: SystemCallError?

    var changedAnything: Bool {
      !written.isEmpty || !refused.isEmpty || !conflicts.isEmpty || departed > 0 || arrived > 0 || isDeserted
    }
  }

  let survey: Survey
  let mains: MainProcesses
  private let isDryRun: Bool
  private var state: StateFile?
  private(set) var ledger: Ledger
  var rules: RuleSet
  /// How many processes the units had that a rule names, when all was last looked at.
  private(set) var unitSizes: [CgroupPath: Int] = [:]
  /// How many were on the ledger after everything was last looked at.
  private var settled = 0
  private(set) var surveys: UInt64 = 0
  private(set) var writes: UInt64 = 0
  private(set) var repairs: UInt64 = 0
  private(set) var conflicts: UInt64 = 0

  /// - Parameter state: where bases are noted before the first write; `nil` where nothing is written.
  init(
    _ survey: Survey, mains: MainProcesses, rules: RuleSet, remembered: [ProcessIdentity: Debt],
    state: StateFile?, isDryRun: Bool
  ) {
    (self.survey, self.mains, self.rules) = (survey, mains, rules)
    (self.state, self.isDryRun) = (state, isDryRun)
    ledger = Ledger(remembered: remembered)
    // The survey asks them, too: held from both sides, neither would ever be freed.
    mains.rootmost = { [weak survey] path in
      survey?.rootmost(of: (try? survey?.pids(below: path)) ?? [])
    }
  }

  /// Notes bases in `file` from now on, and takes over what it holds.
  func adopt(_ file: StateFile) {
    state = file
    ledger.remember(file.takeDebts())
  }

  func setConflictLimit(_ limit: Int) { ledger.conflictLimit = limit }
  func forgetConflicts() { ledger.forgetConflicts() }

  /// One full round. In a dry run the changes are what would be written.
  ///
  /// - Parameter visit: is told of every cgroup on the way, and whether a rule names it.
  func keep(
    at now: Duration = Clock.boot(), visit: (CgroupPath, _ isNamed: Bool) -> Void = { _, _ in }
  ) -> Round {
    surveys += 1
    // Also where it fails: that is told, and tried again in its own time.
    defer { settled = ledger.entries.count }
    do throws(SystemCallError) {
      let members = try survey.members(below: .root, rules, visit: visit)
      findMains(members, at: now)
      unitSizes.removeAll(keepingCapacity: true)
      for group in members { unitSizes[group.path.unitPath ?? group.path, default: 0] += group.pids.count }
      let sight = try survey.look(rules, ledger: ledger, members: members)
      let plan = ledger.plan(sight.observations, unchanged: sight.unchanged, rules: rules, at: now)
      // What was inherited was never written to: it is noted here, where a write would note it first.
      ledger.visitDebts { state?.note($0, base: $1.base, written: $1.written) }
      var round = carryOut(plan)
      round.failure = round.failure ?? sight.failure
      return round
    } catch {
      return Round(failure: error)
    }
  }

  /// Far more are on the ledger than when everything was last looked at: in a storm of programs most of them have ended
  /// by now, and they stay there, and take memory, until it is again.
  var isCrowded: Bool { ledger.entries.count > settled * 2 + 256 }

  /// Waits a moment for PID 1 to name the main processes: at the start only, so that READY means protected.
  func findMainsNow() {
    findMains((try? survey.members(below: .root, rules)) ?? [], at: Clock.boot())
    mains.settle(within: .seconds(1))
  }

  /// Some processes, after an event about them.
  ///
  /// - Parameter execs: those of them that have just begun a program.
  func reconsider(_ pids: some Sequence<Int32>, execs: Set<Int32> = [], at now: Duration) -> Round {
    consider(survey.look(at: pids, rules, ledger: ledger, execs: execs), fresh: execs, at: now)
  }

  private func consider(_ sight: Survey.Sight, fresh: Set<Int32> = [], at now: Duration) -> Round {
    let known = ledger.entries.count
    let plan = ledger.consider(sight.observations, rules: rules, at: now)
    let arrived = ledger.entries.count - known + plan.departed.count
    var round = carryOut(plan, fresh: fresh)
    round.arrived = max(0, arrived)
    round.failure = round.failure ?? sight.failure
    return round
  }

  /// The processes of the cgroups at and below `path` that a rule names, after an event about that cgroup.
  ///
  /// Those on the ledger are passed over: what they carry is not what the event is about.
  ///
  /// - Parameter isDeep: false for that cgroup alone.
  func reconsider(
    below path: CgroupPath, isDeep: Bool = true, at now: Duration,
    visit: (CgroupPath, _ isNamed: Bool) -> Void = { _, _ in }
  ) -> Round {
    do throws(SystemCallError) {
      let members = try survey.members(below: path, rules, isDeep: isDeep, visit: visit)
      var seesChildren = false
      for group in members where group.reach.scope == .main {
        mains.refresh(group.path, at: now)
        seesChildren = true
      }
      // A main process that forks all day may have hundreds of children that have been looked at.
      let pids = members.flatMap { group in
        group.pids.filter { pid in
          ledger.mayBequeath(pid)
            ? seesChildren || ledger.entries[pid] == nil
            : !survey.isChildWithItsOwn(pid, in: group, rules, ledger)
        }
      }
      let sight = survey.look(at: pids, rules, ledger: ledger)
      var round = consider(sight, at: now)
      let observed = Set(sight.observations.lazy.map(\.process.pid))
      round.missed = pids.count { !observed.contains($0) && survey.isGone($0) }
      round.isDeserted = members.isEmpty
      return round
    } catch {
      return Round(failure: error)
    }
  }

  /// Every process of a unit whose main process became known.
  func reconsiderMembers(of unit: CgroupPath, at now: Duration) -> Round {
    do throws(SystemCallError) {
      return reconsider(try survey.members(below: unit, rules).flatMap(\.pids), at: now)
    } catch {
      return Round(failure: error)
    }
  }

  /// Those on the ledger that have ended since everything was last looked at. Until it is again they stay there:
  /// a kill is told with what its victim was promised, and an orphan gets the base of the parent it had.
  var departed: Set<Int32> { survey.departed(ledger.entries.pids) }

  /// Sees to it that the main process of every unit that needs one is known, or asked for.
  private func findMains(_ members: [Survey.Members], at now: Duration) {
    var isSure: [CgroupPath: Bool] = [:]
    for group in members where group.reach.scope == .main {
      let unit = group.path.unitPath ?? group.path
      // Of a unit's cgroups one has the main process.
      if isSure[unit] != true { isSure[unit] = mains.isSure(of: unit, among: group.pids) }
    }
    mains.keepOnly { isSure[$0] != nil }
    for (unit, isSure) in isSure where !isSure { mains.refresh(unit, at: now) }
  }

  /// Gives every process its base back.
  ///
  /// A child forked while this goes on has inherited a promise; so it is done again, from what was known
  /// before, until nothing is left to give back.
  func restore() -> Round {
    var result = Round()
    let before = ledger
    let now = Clock.boot()
    let nobody = RuleSet([], totalBytes: 0)
    for _ in 0..<5 {
      ledger = before
      surveys += 1
      do throws(SystemCallError) {
        // Children that no round has seen yet are entered first; what they are promised is not written.
        let members = try survey.members(below: .root, rules)
        let seen = try survey.look(rules, ledger: ledger, members: members)
        let inherited = ledger.plan(seen.observations, unchanged: seen.unchanged, rules: rules, at: now)
        let left = try survey.look(nobody, ledger: ledger, members: [])
        // Who could not be looked at stays on the ledger: the state has to say what is still owed.
        let release = ledger.plan(left.observations, unchanged: left.unchanged, rules: nobody, at: now)
        let changes = inherited.changes.filter { $0.reason == .restore } + release.changes
        result.failure = seen.failure ?? left.failure
        guard !changes.isEmpty || !inherited.newborns.isEmpty else {
          if result.failure == nil { return result }
          continue
        }
        let round = carryOut(Ledger.Plan(changes: changes), looks: 0)
        result.written += round.written
        result.refused += round.refused
        if !round.refused.isEmpty { return result }
        if !inherited.newborns.isEmpty { Clock.pause(Ledger.birthTime) }
      } catch {
        result.failure = error
        return result
      }
    }
    return result
  }

  /// What a process forked while it still carried a promise has it too, though no rule means it: a login's shell,
  /// born of the sshd that has left the unit. Children are read after their parent's write, so none is born with it later.
  ///
  /// - Parameters:
  ///   - parents: who got its base back, or has it to come as long as it shares another's memory.
  ///   - isLast: whether no later look will find who began to share a parent's memory a moment ago.
  private func disinheritHeirs(of parents: [ScoreChange], isLast: Bool, _ round: inout Round) {
    var pending = parents
    // Those whose memory was looked for in others already: that is the same for all who share it.
    var compared: Set<Int32> = []
    while let parent = pending.popLast(), round.givenBack < 4096 {
      var others: [Int32] = []
      if isLast, compared.insert(parent.process.pid).inserted {
        others = survey.neighbours(of: parent.process.pid).map(\.process.pid)
        compared.formUnion(others)
      }
      for change in survey.heirs(of: parent, and: others, rules, ledger: ledger) where !isTied(change) {
        let outcome = survey.carryOut(change)
        _ = ledger.record(change, outcome)
        guard outcome == .written else { continue }
        writes += 1
        round.givenBack += 1
        round.written.append(change)
        pending.append(change)
      }
    }
  }

  /// Whether it cannot get its base back without taking from another what that one is promised.
  private func isTied(_ change: ScoreChange) -> Bool {
    guard change.reason == .restore, let partner = change.partner, ledger.entries[partner] != nil else {
      return false
    }
    return survey.sharesMemory(change.process.pid, with: partner)
  }

  /// - Parameters:
  ///   - fresh: processes that have just begun a program, and so have memory of their own.
  ///   - looks: how often to look again at what somebody else, as PID 1 at a start, wrote meanwhile.
  private func carryOut(_ plan: Ledger.Plan, fresh: Set<Int32> = [], looks: Int = 3) -> Round {
    var round = Round(
      conflicts: plan.conflicts, departed: plan.departed.count, looksAgain: plan.looksAgain,
      newborns: Set(plan.newborns))
    conflicts += UInt64(plan.conflicts.count)
    var changed: [Int32] = []
    var parents: [ScoreChange] = []
    for change in plan.changes {
      if change.reason == .restore { parents.append(change) }
      if isTied(change) {
        _ = ledger.record(change, .shared)
        continue
      }
      if isDryRun {
        round.written.append(change)
        continue
      }
      var neighbours: [Observation] = []
      if change.reason != .restore {
        // Whoever carries something else by now is not written to; often it had its score with one that shares its
        // memory, and there may be thousands of those.
        if !fresh.contains(change.process.pid), survey.carries(change.old, change.process.pid) {
          neighbours = survey.neighbours(of: change.process.pid)
        }
        for process in [change.process] + neighbours.map(\.process) {
          state?.note(process, base: change.base, written: change.new)
        }
      }
      let outcome = survey.carryOut(change)
      if change.reason == .restore, outcome == .written || outcome == .left { round.givenBack += 1 }
      if outcome == .changed { changed.append(change.process.pid) }
      let isNews = ledger.record(change, outcome)
      switch outcome {
      case .written:
        writes += 1
        if change.reason == .repair { repairs += 1 }
        round.written.append(change)
        // The kernel leaves out who waits in vfork(2).
        ledger.record(neighbours.filter { survey.carries(change.new, $0.process.pid) }, of: change)
      case .left, .changed, .shared: break
      case .refused(let why):
        if isNews { round.refused.append((change, why)) }
        // Noted before, and never written.
        if let written = ledger.entries[change.process.pid]?.written, written != change.new {
          state?.note(change.process, base: change.base, written: written)
        }
      }
    }
    if !isDryRun { disinheritHeirs(of: parents, isLast: looks == 0, &round) }
    guard !changed.isEmpty else { return round }
    guard looks > 0 else {
      round.looksAgain = true
      return round
    }
    let sight = survey.look(at: changed, rules, ledger: ledger)
    let next = carryOut(ledger.consider(sight.observations, rules: rules, at: Clock.boot()), looks: looks - 1)
    round.failure = sight.failure ?? next.failure
    round.written += next.written
    round.refused += next.refused
    round.conflicts += next.conflicts
    round.departed += next.departed
    round.givenBack += next.givenBack
    round.looksAgain = round.looksAgain || next.looksAgain
    round.newborns.formUnion(next.newborns)
    return round
  }
}
