internal import GuardCore
internal import GuardLinux

/// Looks at the world: which processes do the rules mean, and what do they carry?
final class Survey {
  /// What a look at everything found.
  struct Sight {
    var observations: [Observation] = []
    /// Processes of the ledger that are as it has them, as far as can be told.
    var unchanged: Set<Int32> = []
    /// Why some that may matter could not be looked at, though they are there: nothing is concluded from that.
    var failure: SystemCallError?
  }

  /// The processes of one cgroup, and what the rules have to do with it.
  struct Members {
    var path: CgroupPath
    var pids: [Int32]
    var reach: RuleSet.Reach
  }

  let root: RootDirectory
  let proc: ProcDirectory
  /// `nil` where there is no hierarchy to read units from.
  private let cgroups: CgroupTree?
  let cgroupVersion: CgroupVersion?
  private let mains: MainProcesses
  private var scoreFiles: ScoreFiles
  private var recentCgroups = RecentCgroups()
  /// How often everything was looked at.
  private var looks = 0
  /// Whether whoever begins a program is looked at again: then nothing is written to it before.
  var seesExecs = false

  /// - Throws: when there is no /proc, or a hierarchy of cgroups that cannot be opened.
  init(in root: RootDirectory, mains: MainProcesses) throws(SystemCallError) {
    (self.root, self.mains) = (root, mains)
    proc = try ProcDirectory(in: root)
    // Two descriptors are for each unit whose pressure is watched, and a few for everything else that is open.
    scoreFiles = ScoreFiles(
      limit: OwnProcess.raisedDescriptorLimit() - 2 * PressureWatch.maximumUnits - 64)
    do throws(SystemCallError) {
      let tree = try CgroupTree(in: root)
      cgroupVersion = tree.version
      cgroups = consume tree
    } catch {
      // One that is there and cannot be had just now is not to be taken for none: units would lose their promises.
      guard error.meansGone else { throw error }
      cgroupVersion = nil
      cgroups = nil
    }
  }

  /// Watches the hierarchy from now on.
  ///
  /// - Throws: ENOENT where there is none.
  func cgroupWatch() throws(SystemCallError) -> CgroupWatch { try CgroupWatch(of: CgroupTree(in: root)) }

  /// Everything `rules` mean, and whatever else is on the ledger and still lives.
  ///
  /// With rules that name cgroups only, the cost grows with the cgroups and their processes, not with
  /// all processes: /proc as a whole is read only if a rule needs it.
  ///
  /// - Parameter members: what ``members(below:_:visit:)`` found below the root.
  func look(
    _ rules: RuleSet, ledger: Ledger, members: [Members]
  ) throws(SystemCallError) -> Sight {
    looks &+= 1
    scoreFiles.close { ledger.entries[$0] == nil }
    let known = ledger.pids
    var sight = Sight()
    sight.unchanged.reserveCapacity(known.count)
    let users = UserNames(in: root)
    // One that moved while the walk went on may be listed twice: it is where it was met last.
    var homes = [Int32: Int](minimumCapacity: members.reduce(0) { $0 + $1.pids.count })
    for (index, group) in members.enumerated() {
      for pid in group.pids { homes[pid] = index }
    }
    for (index, group) in members.enumerated() {
      for pid in group.pids where homes[pid] == index {
        look(
          at: pid, in: group.path, among: group.reach.candidates, rules, ledger, isKnown: known.contains(pid),
          isMet: true, users, &sight)
      }
    }
    let candidatesElsewhere = rules.candidates(in: nil)
    for pid in known where homes[pid] == nil {
      // One of the ledger that the walk did not meet may have moved meanwhile: it is asked itself.
      let home = rules.needsCgroups ? cgroup(of: pid) : nil
      let candidates = rules.needsCgroups ? rules.candidates(in: home) : candidatesElsewhere
      look(at: pid, in: home, among: candidates, rules, ledger, isKnown: true, isMet: false, users, &sight)
    }
    if rules.needsScan {
      for pid in try proc.pids() where homes[pid] == nil && !known.contains(pid) {
        look(
          at: pid, in: nil, among: candidatesElsewhere, rules, ledger, isKnown: false, isMet: false, users,
          &sight)
      }
    }
    return sight
  }

  /// - Parameter isMet: whether a cgroup that a rule names lists it.
  private func look(
    at pid: Int32, in home: CgroupPath?, among candidates: [Int], _ rules: RuleSet, _ ledger: Ledger,
    isKnown: Bool, isMet: Bool, _ users: UserNames, _ sight: inout Sight
  ) {
    var comm: [UInt8]?
    let look = rules.firstLook(among: candidates) {
      comm = proc.comm(of: pid)
      return comm
    }
    switch look {
    case .stranger where !isKnown: return
    case .meant(let rule) where !isKnown && hasItsOwn(pid, rule, home: home, rules, ledger): return
    // What a cgroup's list leaves out has left it, or has ended and waits to be collected.
    case .meant(let rule)
    where isKnown && (isMet || !rules.rules[rule].selector.namesCgroups)
      && isUnchanged(pid, rule, home: home, comm: comm, rules, ledger):
      sight.unchanged.insert(pid)
    default:
      // Whoever left since is not seen, and that is all there is to say of it.
      switch observe(pid, home: !isMet && isKnown ? nil : .some(home), rules, isKnown: isKnown, users) {
      case .seen(let seen): sight.observations.append(seen)
      case .nobody: break
      case .unread(let failure):
        sight.failure = failure
        if isKnown { sight.unchanged.insert(pid) }
      }
    }
  }

  /// Some processes only, after an event. `home` is asked of each process.
  ///
  /// - Parameters:
  ///   - isKnown: whether those are wanted, too, that no rule means.
  ///   - execs: those of them that have just begun a program.
  func look(
    at pids: some Sequence<Int32>, _ rules: RuleSet, ledger: Ledger, isKnown: Bool = false,
    execs: Set<Int32> = []
  ) -> Sight {
    let users = UserNames(in: root)
    var sight = Sight()
    for pid in pids {
      let isKnown = isKnown || ledger.entries[pid] != nil
      guard isKnown || !isStranger(pid, rules, ledger) else { continue }
      switch observe(
        pid, home: nil, rules, isKnown: isKnown, users, heirIn: ledger, hasBegun: execs.contains(pid))
      {
      case .seen(let seen): sight.observations.append(seen)
      case .nobody: break
      case .unread(let failure): sight.failure = failure
      }
    }
    return sight
  }

  /// Whether a glance tells that no rule means this process and that it has nothing of ours from its parent, as
  /// of most that an event is about.
  private func isStranger(_ pid: Int32, _ rules: RuleSet, _ ledger: Ledger) -> Bool {
    let home = rules.needsCgroups ? cgroup(of: pid) : nil
    guard rules.firstLook(among: rules.candidates(in: home), comm: { proc.comm(of: pid) }) == .stranger
    else { return false }
    return ledger.isEmpty || proc.parent(of: pid).map { !ledger.mayBequeath($0) } ?? true
  }

  private func cgroup(of pid: Int32) -> CgroupPath? { cgroupVersion.flatMap { proc.cgroup(of: pid, $0) } }

  /// The cgroups at and below `path` that a rule names, with their processes.
  func members(
    below path: CgroupPath, _ rules: RuleSet, isDeep: Bool = true,
    visit: (CgroupPath, _ isNamed: Bool) -> Void = { _, _ in }
  ) throws(SystemCallError) -> [Members] {
    var found: [Members] = []
    guard rules.needsCgroups else { return found }
    var reach = RuleSet.Reach()
    try cgroups?.walk(
      below: path,
      step: { path in
        reach = rules.reach(path)
        visit(path, reach.isNamed)
        return CgroupTree.Step(lists: reach.isNamed, enters: isDeep && reach.goesBelow)
      },
      visit: { found.append(Members(path: $0, pids: $1, reach: reach)) })
    return found
  }

  /// Whether a memory limit lies on a cgroup; `nil` where that cannot be told.
  func hasMemoryLimit(_ path: CgroupPath) -> Bool? {
    guard cgroupVersion != nil else { return nil }
    return cgroups?.hasMemoryLimit(path)
  }

  /// Immune processes in the sessions of users, other than those on the ledger; the first few.
  func immuneSessions(except ledger: Ledger) -> [Observation] {
    let pids = (try? pids(below: CgroupPath("/user.slice".utf8))) ?? []
    return Array(
      pids.lazy.filter { ledger.entries[$0] == nil }
        .compactMap { [self] pid in
          observe(pid, home: nil, RuleSet([], totalBytes: 0), isKnown: true, UserNames(in: root)).observation
        }
        .filter { $0.score == .immune }.prefix(8))
  }

  /// Every process in the cgroups at and below `path`.
  func pids(below path: CgroupPath) throws(SystemCallError) -> [Int32] {
    var pids: [Int32] = []
    try cgroups?.walk(below: path) { pids += $1 }
    return pids
  }

  /// Those of `pids` whose score cannot be read any more, as far as they are kept open.
  func departed(_ pids: some Sequence<Int32>) -> Set<Int32> { scoreFiles.departed(pids) }

  /// Whether a process of the ledger is as it was: its score, its cgroup, and its comm if a rule asks for that.
  private func isUnchanged(
    _ pid: Int32, _ rule: Int, home: CgroupPath?, comm: [UInt8]?, _ rules: RuleSet, _ ledger: Ledger
  ) -> Bool {
    guard let entry = ledger.entries[pid], entry.state == .held, entry.promise == rules.promises[rule],
      comm.map({ Comm($0) == entry.comm }) ?? true,
      let cgroup = entry.cgroup, isIn(cgroup, pid, home: home, rules),
      rules.rules[rule].scope != .main || mains.role(of: pid, in: cgroup) == .member
    else { return false }
    return scoreFiles.score(of: pid) == entry.score
  }

  /// Whether a process beside the main one, which alone is meant, carries what is nobody's promise: most of them do.
  private func hasItsOwn(
    _ pid: Int32, _ rule: Int, home: CgroupPath?, _ rules: RuleSet, _ ledger: Ledger
  ) -> Bool {
    guard rules.rules[rule].scope == .main, let home,
      case .child(let main, _) = mains.role(of: pid, in: home), let score = proc.glanceScore(of: pid)
    else { return false }
    return !rules.rules[rule].isKept(by: score, promised: rules.scores[rule]) && !rules.scores.contains(score)
      && ledger.entries[main]?.bequeathed(score) != true
  }

  /// The same of a process of which only its cgroup is known.
  func isChildWithItsOwn(_ pid: Int32, in group: Members, _ rules: RuleSet, _ ledger: Ledger) -> Bool {
    guard group.reach.scope == .main,
      case .meant(let rule) = rules.firstLook(among: group.reach.candidates, comm: { proc.comm(of: pid) })
    else { return false }
    return hasItsOwn(pid, rule, home: group.path, rules, ledger)
  }

  /// Where no rule asks for cgroups a process's own is for people alone, and looking costs as much as all the rest:
  /// done for some of them in each survey.
  private func isIn(_ cgroup: CgroupPath, _ pid: Int32, home: CgroupPath?, _ rules: RuleSet) -> Bool {
    if rules.needsCgroups { return home == cgroup }
    guard let cgroupVersion, Int(pid) % Self.cgroupShare == looks % Self.cgroupShare else { return true }
    return proc.isProcess(pid, in: cgroup, cgroupVersion)
  }

  private static let cgroupShare = 8

  /// What one look at a process came to.
  enum Glimpse {
    case seen(Observation)
    /// It is gone, or none that anybody asks for.
    case nobody
    /// It is there, and what it is or carries could not be read.
    case unread(SystemCallError?)

    var observation: Observation? { if case .seen(let seen) = self { seen } else { nil } }
  }

  func observe(
    _ pid: Int32, home: CgroupPath??, _ rules: RuleSet, isKnown: Bool, _ users: UserNames,
    heirIn ledger: Ledger? = nil, hasBegun: Bool = false
  ) -> Glimpse {
    do throws(ProcessError) {
      return try glimpse(pid, home, rules, isKnown: isKnown, users, heirIn: ledger, hasBegun: hasBegun)
    } catch {
      switch error {
      case .left, .changed: return .nobody
      case .system(let failure): return .unread(failure)
      case .text: return .unread(nil)
      }
    }
  }

  private func glimpse(
    _ pid: Int32, _ home: CgroupPath??, _ rules: RuleSet, isKnown: Bool, _ users: UserNames,
    heirIn ledger: Ledger?, hasBegun: Bool
  ) throws(ProcessError) -> Glimpse {
    let directory = try ProcessError.wrapping { () throws(SystemCallError) in try proc.process(pid) }
    var cgroup: CgroupPath?
    if let home { cgroup = home } else if rules.needsCgroups { cgroup = try self.cgroup(of: directory) }
    var facts = LiveFacts(directory, cgroup: cgroup, root: root, users: users)
    let rule = rules.firstMatch(&facts)
    // Of a stranger whose files are closed to us for good, what can be read has to do.
    if let failure = facts.failure, isKnown || failure.isPassing { return .unread(failure) }
    guard rule != nil || isKnown || ledger != nil else { return .nobody }
    let stat = try facts.directory.stat()
    guard !stat.isKernelThread, !stat.isDead,
      // One that no rule means may have left its parent's unit with what that one is promised.
      rule != nil || isKnown || ledger?.mayBequeath(stat.parentPID) == true
    else { return .nobody }
    let score = try facts.directory.score()
    var role = Observation.Role.member
    if let rule, rules.rules[rule].scope == .main, let cgroup { role = mains.role(of: pid, in: cgroup) }
    if let rule, role == .member, isStarting(facts.directory, stat, hasBegun: hasBegun) {
      role = .awaiting
      // Of the others every exec is told; its own may come before anybody listens for it.
      if rules.rules[rule].scope == .main { mains.execed(pid, at: Clock.boot()) }
    }
    // One that has begun a program has written before what it wanted to.
    if case .child(let main, _) = role, stat.parentPID == main, !hasBegun,
      Clock.boot() - stat.identity.startedAt < Ledger.birthTime
    {
      role = .child(ofMain: main, isNewborn: true)
    }
    if rule != nil, role == .member { scoreFiles.keep(pid, facts.directory) }
    // No rule asked for it; people will.
    if cgroup == nil { cgroup = try self.cgroup(of: facts.directory) }
    return .seen(
      Observation(
        process: stat.identity, parent: stat.parentPID, comm: Comm(stat.comm), cgroup: cgroup, score: score,
        rule: rule, role: role))
  }

  /// Whether it is still what systemd makes of a fork: it enters the cgroup, and gets the score of its unit, before
  /// it begins the unit's program. A write of ours between the two would hide that score. A service of systemd's own
  /// program, as a user's manager, has begun it by an exec.
  private func isStarting(
    _ directory: borrowing ProcessDirectory, _ stat: ProcessStat, hasBegun: Bool
  ) -> Bool {
    guard seesExecs, Clock.boot() - stat.identity.startedAt < Self.longestStart,
      let program = try? directory.programName()
    else { return false }
    return program == Self.executor || (!hasBegun && program == Self.systemd)
  }

  private static let executor = Array("systemd-executor".utf8)
  private static let systemd = Array("systemd".utf8)
  /// From a fork to its program, on a machine that does much else: what never begins one is not waited for.
  private static let longestStart = Duration.seconds(10)

  /// Asked of the process itself.
  private func cgroup(of directory: borrowing ProcessDirectory) throws(ProcessError) -> CgroupPath? {
    guard let cgroupVersion else { return nil }
    do throws(SystemCallError) {
      return try directory.home(cgroupVersion).map { recentCgroups.shared($0) }
    } catch {
      // Whether it is gone, or this kernel has no such file, is told by what else is read.
      guard error.meansGone else { throw .system(error) }
      return nil
    }
  }

  /// Whether there is no such process any more.
  func isGone(_ pid: Int32) -> Bool { stat(of: pid)?.isDead ?? true }

  func stat(of pid: Int32) -> ProcessStat? {
    guard let directory = try? proc.process(pid) else { return nil }
    return try? directory.stat()
  }

  /// Carries one change out, through a descriptor whose identity was checked.
  func carryOut(_ change: ScoreChange) -> ScoreOutcome {
    do throws(ProcessError) {
      let directory: ProcessDirectory
      do throws(SystemCallError) {
        directory = try proc.process(change.process.pid)
      } catch {
        throw error.meansGone ? .left : .system(error)
      }
      try directory.write(change.new, to: change.process, insteadOf: change.old)
      return .written
    } catch {
      switch error {
      case .left: return .left
      case .changed: return .changed
      case .system, .text: return .refused(error.whyScoreIsKept)
      }
    }
  }
}
