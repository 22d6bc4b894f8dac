internal import GuardCore
internal import GuardLinux
internal import GuardStatus
internal import GuardSystemd

// What the daemon does about each kind of event, and how it tells of it.
extension Daemon {
  func selfTest() {
    noteSystemd()
    testScores()
    openKernelLog()
    openMemoryEvents()
    armPressure()
  }

  private func noteSystemd() {
    let isCutOff = !mains.reachesSystemd()
    let why = isCutOff ? "PID 1 cannot be asked, neither by its own socket nor over the system bus" : nil
    degrade(.noSystemd, ServiceManager.isRunning() ? why : "PID 1 is not systemd")
  }

  /// What could not be had may be there by now, at every reconcile.
  func tryAgain() {
    noteSystemd()
    if degradations.reasons[.cannotLowerScores] != nil { testScores() }
    if killWatch == nil { openKernelLog() }
    if memoryEvents == nil { openMemoryEvents() }
    if pressureWatch?.mayComeBack == true { armPressure() }
    watches.tryAgain()
  }

  private func testScores() {
    degrade(.cannotLowerScores, root.isMachine ? OwnProcess.whyScoresCannotBeLowered(in: root) : nil)
  }

  private func openKernelLog() {
    do throws(SystemCallError) {
      let watch = try KillWatch(in: root, after: kernelLogPlace)
      try loop.watch(watch.descriptor, for: .readable, token: Source.kernelLog.rawValue)
      killWatch = watch
      degrade(.noKernelLog, nil)
    } catch {
      degrade(.noKernelLog, "\(error)")
    }
  }

  /// Without it the counters are looked at with every survey.
  private func openMemoryEvents() {
    guard root.isMachine, let watch = scene.watch(),
      (try? loop.watch(watch.descriptor, for: .readable, token: Source.memoryEvents.rawValue)) != nil
    else { return }
    memoryEvents = watch
  }

  func arm() {
    watches.arm(
      keeper.rules, mains: keeper.rules.rules.contains { $0.scope == .main } ? mains.pids : [],
      watchCgroups: { (descriptor) throws(SystemCallError) in
        try loop.watch(descriptor, for: .readable, token: Source.cgroups.rawValue)
      },
      watchProcesses: { (descriptor) throws(SystemCallError) in
        try loop.watch(descriptor, for: .readable, token: Source.processes.rawValue)
      })
    keeper.survey.seesExecs = watches.seesExecs
    degrade(.noProcessEvents, watches.processEventsFailure)
  }

  func cgroupsChanged() {
    let now = Clock.boot()
    for change in watches.takeCgroupChanges() {
      switch change {
      case .created(let path):
        report(keeper.reconsider(below: path, at: now, visit: { watches.cover($0, isNamed: $1) }))
      case .membersChanged(let path):
        // What lies below it has watches of its own.
        report(
          keeper.reconsider(below: path, isDeep: false, at: now, visit: { watches.cover($0, isNamed: $1) }))
      case .overrun:
        counters.overruns += 1
        nextReconcile = now
      }
    }
  }

  func processesChanged() {
    let now = Clock.boot()
    let news = watches.takeProcessEvents()
    if news.overran {
      counters.overruns += 1
      nextReconcile = now
    }
    for parent in news.parents { mains.forked(parent) }
    for pid in news.execs { mains.execed(pid, at: now) }
    report(keeper.reconsider(news.pids, execs: news.execs, at: now))
    if !news.parents.isEmpty { checkSoon(parents: news.parents) }
  }

  /// What is to be looked at again after forks.
  struct ForkCheck {
    var at: Duration
    var pause: Duration
    /// Main processes that have forked.
    var parents: Set<Int32>
    /// What they forked just then and was left alone, wherever it is by now.
    var newborns: Set<Int32>
  }

  private func checkSoon(parents: Set<Int32> = [], newborns: Set<Int32> = []) {
    let soon = Clock.boot() + Self.forkPause
    nextForkCheck = ForkCheck(
      at: min(nextForkCheck?.at ?? soon, soon), pause: Self.forkPause,
      parents: parents.union(nextForkCheck?.parents ?? []),
      newborns: newborns.union(nextForkCheck?.newborns ?? []))
  }

  func carryOut(_ check: ForkCheck, at now: Duration) {
    nextForkCheck = nil
    let cgroups = Set(check.parents.compactMap { keeper.ledger.entries[$0]?.cgroup })
    var (givenBack, missed) = (0, 0)
    var newborns: Set<Int32> = []
    func take(_ round: Keeper.Round) {
      givenBack += round.givenBack
      missed += round.missed
      newborns.formUnion(round.newborns)
      report(round)
    }
    let looksAtAll = now >= nextForkWalk
    if looksAtAll {
      for cgroup in cgroups { take(keeper.reconsider(below: cgroup, at: now)) }
      // A unit may be large, and fork all day.
      let end = Clock.boot()
      nextForkWalk = givenBack > 0 ? now : end + min((end - now) * Self.forkRest, Self.longestForkPause)
    }
    take(keeper.reconsider(check.newborns, at: now))
    // Whoever still had the promise, or was gone too fast, may have forked meanwhile, in a chain that outruns this:
    // it ends when all that is there has been looked at. And once more, late: a fork takes its score from the parent
    // before anybody can see it, and on a busy machine it may stand still between the two.
    let next: Duration
    if givenBack > 0 || !newborns.isEmpty {
      next = Self.forkPause
    } else if !looksAtAll {
      next = nextForkWalk - now
    } else if missed > 0 {
      next = min(check.pause * 2, Self.longestForkPause)
    } else {
      guard check.pause < Self.longestForkPause else { return }
      next = Self.longestForkPause
    }
    nextForkCheck = ForkCheck(
      at: now + next, pause: looksAtAll ? next : check.pause,
      parents: check.parents.filter { keeper.ledger.entries[$0] != nil }, newborns: newborns)
  }

  /// Takes in what PID 1 answered about main processes, and asks it what is to be asked.
  func learnMains(at now: Duration) {
    mains.process(at: now)
    // Before a promise is written: what is forked after that and is not told of would keep it.
    arm()
    for unit in mains.takeChanged() { report(keeper.reconsiderMembers(of: unit, at: now)) }
    if let number = mains.descriptorNumber {
      let wanted = (generation: mains.generation, wantsToWrite: mains.wantsToWrite)
      if watchedBus.map({ $0 != wanted }) ?? true {
        let readiness: EventLoop.Readiness = wanted.wantsToWrite ? [.readable, .writable] : .readable
        do throws(SystemCallError) {
          try loop.watch(number: number, for: readiness, token: Source.bus.rawValue)
          watchedBus = wanted
        } catch {
          watchedBus = nil
        }
      }
    }
  }

  /// Whether PID 1 stops us only to start us again: then scores stay, and the state hands them over.
  var isRestarting: Bool {
    guard root.isMachine, let own = (try? root.read("/proc/self/cgroup")),
      let unit = keeper.survey.cgroupVersion?.path(in: own)?.unit?.printable, let bus = UnitBus()
    else { return false }
    var job: String?
    bus.askJob(of: unit) { job = $0 }
    // At the very end, and no longer than this: should PID 1 be stuck, the scores are given back. On a machine short of
    // memory it may well be slow.
    bus.settle(within: .seconds(5))
    return job == "restart" || job == "start" || job == "try-restart"
  }

  /// - Parameter isSurvey: what an event led to is told in detail only: a busy unit starts processes all day.
  func report(_ round: Keeper.Round, isSurvey: Bool = false) {
    if let failure = round.failure {
      // What an event was about is looked at again soon; what lasts, no oftener than everything is.
      if degradations.reasons[.hiddenProcesses] == nil {
        nextReconcile = min(nextReconcile, Clock.boot() + .seconds(1))
      }
      degrade(.hiddenProcesses, "\(failure)")
    } else if isSurvey {
      degrade(.hiddenProcesses, nil)
    }
    for reason in [ScoreChange.Reason.promise, .repair, .restore] {
      let changes = Dictionary(
        grouping: round.written.filter { $0.reason == reason && $0.isNews }, by: \.rule)
      for rule in changes.keys.sorted() {
        var entry = JournalEntry.changed(changes[rule] ?? [], reason: reason, rule: rule)
        if !isSurvey, reason != .repair { entry.priority = .debug }
        tell(entry)
      }
    }
    for (change, why) in round.refused { tell(.refused(change, why: why)) }
    for entry in round.conflicts { tell(.conflict(entry)) }
    if round.changedAnything { isStatusDue = true }
    if keeper.isCrowded { nextReconcile = .zero }
    if round.looksAgain { nextReconcile = min(nextReconcile, Clock.boot() + Ledger.startTime) }
    if !round.newborns.isEmpty { checkSoon(newborns: round.newborns) }
  }

  func degrade(_ name: Degradations.Name, _ why: String?) {
    guard degradations.set(name, why) else { return }
    tell(.degraded(name, why: why))
    isStatusDue = true
  }
}
