internal import GuardConfig
internal import GuardCore
internal import GuardLinux
internal import GuardStatus
internal import GuardSystemd

/// The daemon: one thread, one loop; it wires what looks, decides, writes and tells.
final class Daemon {
  enum Source: UInt64 {
    case signals = 1
    case alarm, wallClock, kernelLog, memoryEvents, cgroups, processes, bus, hooks
    /// Of many descriptors, told apart by a number above these eight bits.
    case pressure

    func token(_ number: UInt64) -> UInt64 { number << 8 | rawValue }
  }

  /// Changes of the status are written at once, but no oftener than this.
  private static let statusInterval = Duration.seconds(1)
  /// After a fork, and the pauses double from there to the longest.
  static let forkPause = Ledger.birthTime
  static let longestForkPause = Duration.milliseconds(1_600)
  /// After a look at whole units that found nothing to give back, for so many times as long there is none.
  static let forkRest = 20

  let options: DaemonOptions
  let root: RootDirectory
  let started = Clock.wall()
  let configSource: ConfigSource
  var loop: EventLoop
  let watches: Watches
  let mains: MainProcesses
  /// What of the bus is in the loop, and for what.
  var watchedBus: (generation: Int, wantsToWrite: Bool)?
  /// Grandchildren may have inherited a promise before their parent lost it: looked at again a moment later.
  var nextForkCheck: ForkCheck?
  /// Before then not at whole units.
  var nextForkWalk = Duration.zero
  private let signals: Signals
  private let alarm: Alarm
  private let wallClock: WallClockWatch?
  private var runtime: RuntimeDirectory?
  /// Why nothing can be written there; tried again at each reconcile.
  private var runtimeFailure: String?
  var state: StateFile?
  var manager = ServiceManager()
  var log: EventLog
  var killWatch: KillWatch?
  /// Where the log was when it could not be read any more.
  var kernelLogPlace = KillWatch.Place()

  var config: Config
  var configLoaded = Clock.wall()
  var configError: String?
  /// What a good load read, until a copy of it is kept.
  var filesToKeep: [(name: String, bytes: [UInt8])]?
  var keeper: Keeper
  var history: KillHistory
  let scene: KillScene
  var memoryEvents: MemoryEventsWatch?
  /// When to compare the kernel's count of kills with its log.
  var nextKillCount: Duration?
  /// When to listen to the cgroups' counters again.
  var nextMemoryEvents: Duration?
  let dangers: Dangers
  var pressureWatch: PressureWatch?
  let hooks: Hooks
  var watchedHookBus: (generation: Int, wantsToWrite: Bool)?
  var degradations = Degradations()
  var counters = StatusDocument.Counters()
  private(set) var isStopping = false

  var nextReconcile = Duration.zero
  private var nextWatchdog: Duration?
  private var statusWritten: Duration?
  private var statusFailure: SystemCallError?
  var isStatusDue = true
  /// Of the ledger, when the status was last written.
  private(set) var departed: Set<Int32> = []

  /// - Parameter runtime: `nil` where /run/oomguard cannot be made; not locked where nothing can be written to it.
  init(
    _ options: DaemonOptions, _ loaded: ConfigSource.Loaded, source: ConfigSource,
    runtime: RuntimeDirectory?, runtimeFailure: SystemCallError?
  ) throws(SystemCallError) {
    let config = loaded.config
    (self.options, self.config, configSource, root) = (options, config, source, source.root)
    filesToKeep = loaded.files
    loop = try EventLoop()
    signals = try Signals([.hangup, .interrupt, .user1, .terminate, .child])
    alarm = try Alarm()
    wallClock = WallClockWatch()
    log = EventLog(in: source.root)
    let bootID = try source.root.bootID()
    var debts: [ProcessIdentity: Debt] = [:]
    var told: SavedState.Told?
    if let runtime {
      let file = try StateFile(in: runtime, boot: bootID)
      (debts, told) = (file.takeDebts(), file.told)
      state = options.isDryRun ? nil : file
    }
    (self.runtime, self.runtimeFailure) = (runtime, runtimeFailure.map { "\($0)" })
    mains = MainProcesses(asksSystemd: source.root.isMachine && ServiceManager.isRunning())
    hooks = Hooks(usesSystemd: source.root.isMachine && ServiceManager.isRunning())
    hooks.use(config.notify)
    let survey = try Survey(in: source.root, mains: mains)
    watches = Watches(in: source.root, survey: survey)
    keeper = Keeper(
      survey, mains: mains, rules: RuleSet(config.rules, totalBytes: source.root.totalMemoryBytes),
      remembered: debts, state: state, isDryRun: options.isDryRun)
    keeper.setConflictLimit(config.conflictLimit)
    dangers = Dangers(keeper)
    history = KillHistory(told: told, bootID: String(decoding: bootID, as: UTF8.self))
    scene = KillScene(in: source.root, survey.cgroupVersion)
    applyLogLevel()
    noteWriting()
    noteLoss()
    if let errors = loaded.errors { noteCopy(errors) }
  }

  /// Runs until SIGTERM or SIGINT. Everything is set back then, if the configuration says so.
  func run() throws(SystemCallError) {
    try loop.watch(signals.descriptor, for: .readable, token: Source.signals.rawValue)
    try loop.watch(alarm.descriptor, for: .readable, token: Source.alarm.rawValue)
    // Without it the status names a moment of another clock until the next reconcile, and readers take us for stuck.
    if let wallClock {
      try? loop.watch(wallClock.descriptor, for: .readable, token: Source.wallClock.rawValue)
    }
    for warning in config.warnings { tell(.config(.warning, "\(warning)")) }
    selfTest()
    tidyState()
    keeper.findMainsNow()
    reconcile()
    // The questions about units that the first look led to.
    mains.settle(within: .milliseconds(500))
    tellDangers()
    tellLeaks()
    readKernelLog()
    coverUnits()
    writeStatus()
    // First what it is ready with: whoever waited for the start finds that, too.
    manager.status(summary, at: Clock.boot())
    manager.ready(at: Clock.boot())
    keepCopy()
    while !isStopping {
      try alarm.set(nextDeadline)
      let happened = try loop.wait()
      counters.wakeups += 1
      for (token, readiness) in happened {
        try handle(Source(rawValue: token & 0xff), number: token >> 8, readiness)
      }
      if !isStopping { doWhatIsDue() }
    }
    stop()
  }

  /// One survey and what follows from it; scores stay.
  func once() {
    selfTest()
    tidyState()
    keeper.findMainsNow()
    reconcile()
    coverUnits()
    writeStatus()
    keepCopy()
  }

  private func handle(
    _ source: Source?, number: UInt64, _ readiness: EventLoop.Readiness
  ) throws(SystemCallError) {
    switch source {
    case .signals: for signal in try signals.take() { handle(signal) }
    case .alarm: try alarm.acknowledge()
    case .wallClock:
      wallClock?.acknowledge()
      isStatusDue = true
    case .kernelLog: readKernelLog()
    case .memoryEvents: memoryEventsChanged()
    case .pressure: pressureFired(number, hasFailed: !readiness.isDisjoint(with: .failed))
    case .cgroups: cgroupsChanged()
    case .processes: processesChanged()
    case .bus, .hooks: break  // in doWhatIsDue(), every turn
    case nil: break
    }
  }

  private func handle(_ signal: Signals.Signal) {
    switch signal {
    case .terminate, .interrupt: isStopping = true
    case .hangup: reload()
    case .user1: tell(.config(.notice, summary))
    case .child: break  // in doWhatIsDue(), every turn
    case .quit, .stop, .resume, .resize: break  // not asked for
    }
  }

  // MARK: what is due

  private var nextDeadline: Duration? {
    [
      nextReconcile, nextWatchdog, pressureWatch?.deadline, log.retryAt, manager.retryAt, mains.deadline,
      nextForkCheck?.at, hooks.deadline, nextKillCount, nextMemoryEvents,
      isStatusDue ? statusWritten.map { $0 + Self.statusInterval } : nil,
    ].compactMap { $0 }.min()
  }

  private func doWhatIsDue() {
    let now = Clock.boot()
    learnMains(at: now)
    if let check = nextForkCheck, now >= check.at { carryOut(check, at: now) }
    if let nextMemoryEvents, now >= nextMemoryEvents { watchMemoryEvents() }
    if let nextKillCount, now >= nextKillCount { readKernelLog() }
    if now >= nextReconcile { reconcile() }
    settlePressure(at: now)
    if let nextWatchdog, now >= nextWatchdog { pingWatchdog(at: now) }
    if isStatusDue, statusWritten.map({ now - $0 >= Self.statusInterval }) ?? true {
      coverUnits()
      // Bases are in memory alone until it can be written again.
      if state?.failure != nil { tidyState() }
      writeStatus()
      // As often as the file: it counts every process on the ledger, too much for each event about a stranger.
      manager.status(summary, at: now)
    }
    tendHooks(at: now)
    log.flush(at: now)
    manager.flush(at: now)
  }

  /// Every promise is looked at, whatever came or did not come as an event.
  func reconcile() {
    let now = Clock.boot()
    nextReconcile = now + config.reconcileInterval
    // Kills first: a survey takes the dead off the ledger, and with them what they were promised.
    tryAgain()
    watchMemoryEvents()
    readKernelLog()
    if config.rules.contains(where: { $0.amount.dependsOnMemory }) { loadRules() }
    arm()
    report(keeper.keep(at: now, visit: { watches.cover($0, isNamed: $1) }), isSurvey: true)
    arm()
    tellDangers()
    let noHierarchy = "no hierarchy of systemd's below \(root.path("/sys/fs/cgroup"))"
    degrade(.noCgroup, keeper.survey.cgroupVersion == nil ? noHierarchy : watches.cgroupsFailure)
    tidyState()
    isStatusDue = true
    pingWatchdog(at: now)
  }

  private func tellDangers() {
    for (rule, danger) in dangers.look() {
      tell(.config(.warning, "rule '\(rule)': \(danger)"))
      isStatusDue = true
    }
  }

  /// Immunity that nobody configured, as a shell that inherited it from a daemon: told at the start and at a reload.
  func tellLeaks() {
    for leak in keeper.survey.immuneSessions(except: keeper.ledger) {
      tell(
        .config(
          .warning,
          "'\(leak.comm.printable)' (\(leak.process.pid)) in '\(leak.cgroup?.description ?? "")' is immune and no rule says so; "
            + "mend it with: echo 0 > /proc/\(leak.process.pid)/oom_score_adj"))
    }
  }

  private func pingWatchdog(at now: Duration) {
    guard let interval = manager.watchdogInterval else { return }
    manager.watchdog(at: now)
    // The reconcile timer carries it; only where that is too slow has it a deadline of its own.
    nextWatchdog = config.reconcileInterval > interval / 2 ? now + interval / 2 : nil
  }

  func loadRules() {
    let rules = RuleSet(config.rules, totalBytes: root.totalMemoryBytes)
    guard rules != keeper.rules else { return }
    // A last look under the old ones: a child forked since then has inherited what it is to give back.
    report(keeper.keep(), isSurvey: true)
    keeper.rules = rules
  }

  private func tidyState() {
    if runtimeFailure != nil { openRuntime() }
    if runtimeFailure == nil, let runtime { state?.tidy(in: runtime, for: keeper.ledger) }
    noteWriting()
  }

  /// It could not be had, or not be written to, when this began.
  private func openRuntime() {
    do throws(SystemCallError) {
      let directory: RuntimeDirectory
      if let runtime { directory = runtime } else { directory = try RuntimeDirectory(in: root) }
      if case .taken = try directory.lock() {
        runtimeFailure = "another oomguardd was faster to take it"
        return
      }
      if runtime == nil, !options.isDryRun {
        let file = try StateFile(in: directory, boot: root.bootID())
        state = file
        keeper.adopt(file)
        noteLoss()
      }
      (runtime, runtimeFailure) = (directory, nil)
    } catch {
      runtimeFailure = "\(error)"
    }
  }

  /// Of the state and the status either may fail while the other has room.
  private func noteWriting() {
    degrade(.cannotWriteState, runtimeFailure ?? (state?.failure ?? statusFailure).map { "\($0)" })
  }

  /// For good: no later state will tell what the lost one did.
  private func noteLoss() {
    guard let loss = state?.loss else { return }
    degrade(.lostBases, "\(loss); what processes carried at the start counts as their base")
  }

  // MARK: stop

  func applyLogLevel() { log.threshold = options.isVerbose ? .debug : config.logLevel.priority }

  private func stop() {
    manager.stopping(at: Clock.boot())
    readKernelLog()
    if config.restoreOnStop, !options.isDryRun, !isRestarting {
      report(keeper.restore(), isSurvey: true)
      if let runtime, runtimeFailure == nil {
        state?.tidy(in: runtime, for: keeper.ledger, always: true)
      }
    }
    writeStatus()
    hooks.stop()
    // What still waits for a slow reader is given a moment; a reader that is stuck does not keep us.
    for _ in 0..<20 {
      log.flush(at: Clock.boot())
      manager.flush(at: Clock.boot())
      if log.retryAt == nil, manager.retryAt == nil { return }
      Clock.pause(.milliseconds(10))
    }
  }

  // MARK: the status

  /// One line for `systemctl status`.
  private var summary: String {
    let entries = keeper.ledger.entries.values
    let held = entries.lazy.filter { [departed] in
      $0.kind == .protect && $0.state == .held && !departed.contains($0.process.pid)
    }
    let services = Set(held.map(\.rule)).count
    let missing =
      degradations.list.isEmpty
      ? "" : "; degraded: \(degradations.list.map(\.name.rawValue).joined(separator: ", "))"
    return "protecting \(held.count) processes of \(services) services; \(pressureSummary); "
      + "\(history.total) OOM kills, \(history.protected) of protected\(missing)"
  }

  private func writeStatus() {
    statusWritten = Clock.boot()
    isStatusDue = false
    counters.unsent = log.unsent + manager.unsent
    (counters.surveys, counters.writes) = (keeper.surveys, keeper.writes)
    (counters.repairs, counters.conflicts) = (keeper.repairs, keeper.conflicts)
    guard let runtime, runtimeFailure == nil else { return }
    departed = keeper.departed
    let document = status(lostRecords: (killWatch?.place ?? kernelLogPlace).lostRecords)
    do throws(SystemCallError) {
      try runtime.replace("status.json") { (file) throws(SystemCallError) in try document.write(to: file) }
      statusFailure = nil
      noteWriting()
    } catch {
      statusFailure = error
      noteWriting()
      // Tried again at the next reconcile, or with the next change that is news.
      isStatusDue = false
    }
  }
}

extension Config.LogLevel {
  fileprivate var priority: JournalEntry.Priority {
    switch self {
    case .error: .error
    case .warning: .warning
    case .info: .info
    case .debug: .debug
    }
  }
}
