import GuardCore
import GuardTestSupport
import Testing

/// A machine whose processes live on as they please, and what a ledger keeps of it.
///
/// The world knows what the ledger has to find out: what each process would carry without oomguard, and
/// whether somebody else wrote to it (then nothing is promised about its base). It leaves out only what
/// nobody could find out afterwards; each such place says so.
private struct World {
  struct Process: ProcessFacts {
    var identity: ProcessIdentity
    var parent: Int32
    var group: String
    var name: String
    var score: OOMScoreAdj
    /// What it would carry without oomguard.
    var base: OOMScoreAdj
    /// Somebody else wrote to it, or to the process it was forked from.
    var isTouched = false
    /// What it carries now is what somebody else wrote.
    var isStrangers = false
    /// A survey has seen it since it was born.
    var isSeen = false

    var cgroup: CgroupPath? { CgroupPath(group.utf8) }
    var comm: [UInt8]? { Array(name.utf8) }
    var effectiveUID: UInt32? { nil }
    var exe: [UInt8]? { nil }
    var cmdline: [UInt8]? { nil }
    mutating func uid(named name: String) -> UInt32? { nil }
  }

  static let groups = ["/a", "/b", "/c", "/free"]
  static let names = ["plain", "named"]
  // Own scores and all others have no value in common: one equal to its parent's counts as inherited,
  // by design.
  static let ownScores = [0, 0, 0, 100, -100, 300, -950, 850]
  static let promises = [-500, -900, -300, 700]
  static let strangersScores = [-1000, -501, -55, 55, 701, 1000]

  private(set) var random: SeededRandom
  private(set) var processes: [Int32: Process] = [:]
  private var now: UInt64 = 1
  private var lastPID: Int32 = 1
  private(set) var ledger = Ledger(conflictLimit: .max)
  private var clock = Duration.seconds(1 << 20)
  private(set) var rules = RuleSet([], totalBytes: 0)
  /// The state file: what a new daemon would read.
  private var noted: [ProcessIdentity: Debt] = [:]
  /// What must never happen, and did.
  private(set) var violations: [String] = []
  /// Somebody was born whose base only this ledger can find out.
  private var needsSurvey = false

  init(_ random: SeededRandom) { self.random = random }

  private mutating func pick<T>(_ choices: [T]) -> T {
    choices[Int.random(in: 0..<choices.count, using: &random)]
  }
  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
  private mutating func anyPID() -> Int32? { processes.keys.sorted().randomElement(using: &random) }

  private func rule(of pid: Int32) -> Int? {
    guard var process = processes[pid] else { return nil }
    return rules.firstMatch(&process)
  }

  /// Carries something of ours that no survey has seen on it.
  private func isHeirUnseen(_ process: Process) -> Bool { !process.isSeen && process.score != process.base }

  private func heirs(of pid: Int32) -> [Process] {
    processes.values.filter { $0.parent == pid && isHeirUnseen($0) }
  }

  // MARK: what processes do

  private mutating func newIdentity() -> ProcessIdentity? {
    // Few pids, so that they are used again soon; a new tick at the turn, since start order is told by both.
    repeat {
      lastPID += 1
      if lastPID > 40 { (lastPID, now) = (2, now + 1) }
    } while processes[lastPID] != nil && processes.count < 30
    guard processes[lastPID] == nil else { return nil }
    if chance(50) { now += 1 }
    return ProcessIdentity(pid: lastPID, startTicks: now)
  }

  mutating func live() throws {
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<25: try start()
    case 25..<55: if let pid = anyPID() { fork(pid) }
    case 55..<65: if let pid = anyPID() { move(pid) }
    case 65..<75: if let pid = anyPID() { try touch(pid) }
    default: if let pid = anyPID() { die(pid) }
    }
  }

  private mutating func start() throws {
    guard let identity = newIdentity() else { return }
    let own: OOMScoreAdj = try #require(OOMScoreAdj(pick(Self.ownScores)))
    processes[identity.pid] = Process(
      identity: identity, parent: 1, group: pick(Self.groups), name: pick(Self.names), score: own, base: own)
  }

  private mutating func fork(_ pid: Int32) {
    guard let parent = processes[pid] else { return }
    // The child of one that is not meant any more, before that one was given back: no survey looks for it.
    if rule(of: pid) == nil, parent.score != parent.base { return }
    guard let identity = newIdentity() else { return }
    var child = parent
    (child.identity, child.parent, child.isSeen) = (identity, pid, false)
    processes[identity.pid] = child
  }

  /// Into another cgroup, or another program by exec.
  private mutating func move(_ pid: Int32) {
    // An heir that hides before any survey could see where it came from is not found.
    guard var process = processes[pid], !isHeirUnseen(process) else { return }
    if chance(50) { process.group = pick(Self.groups) } else { process.name = pick(Self.names) }
    processes[pid] = process
  }

  private mutating func touch(_ pid: Int32) throws {
    // With heirs, and a daemon that has not seen it yet: what it carried before is known to nobody.
    let hasHeirs = !heirs(of: pid).isEmpty
    if hasHeirs, ledger.entries[pid] == nil { return }
    needsSurvey = needsSurvey || hasHeirs
    let value = pick(Self.strangersScores + Self.promises)
    processes[pid]?.score = try #require(OOMScoreAdj(value))
    processes[pid]?.isTouched = true
    processes[pid]?.isStrangers = true
  }

  private mutating func die(_ pid: Int32) {
    guard let process = processes[pid] else { return }
    let heirs = heirs(of: pid)
    if !heirs.isEmpty {
      // Its heirs are told by others in the cgroup it was last seen in, if all these agree about the base.
      let entry = ledger.entries[pid]
      let haveIts = heirs.allSatisfy { $0.group == process.group && $0.score == entry?.promised }
      guard haveIts, let entry, entry.state == .held, entry.cgroup == process.cgroup,
        ledger.entries.values.allSatisfy({ $0.written != entry.written || $0.base == process.base })
      else { return }
      needsSurvey = true
    }
    processes[pid] = nil
    for child in processes.values where child.parent == pid { processes[child.identity.pid]?.parent = 1 }
  }

  // MARK: what the daemon does

  private mutating func look(_ rules: RuleSet) -> [Observation] {
    var seen: [Observation] = []
    for pid in processes.keys.shuffled(using: &random) {
      guard var process = processes[pid] else { continue }
      let rule = rules.firstMatch(&process)
      guard rule != nil || ledger.pids.contains(pid) else { continue }
      seen.append(
        Observation(
          process: process.identity, parent: process.parent, comm: Comm(process.name.utf8),
          cgroup: process.cgroup, score: process.score, rule: rule))
    }
    return seen
  }

  private mutating func plan(_ rules: RuleSet) -> Ledger.Plan {
    // Long after every start, and with time between the looks for whoever takes a score back.
    clock += Ledger.startTime
    let plan = ledger.plan(look(rules), rules: rules, at: clock)
    for pid in processes.keys { processes[pid]?.isSeen = true }
    needsSurvey = false
    noted.merge(ledger.debts) { $1 }
    return plan
  }

  /// A survey and its writes, some of which fail while others fork; the daemon may die in the midst.
  mutating func reconcile(disturbed: Bool) throws {
    for change in plan(rules).changes {
      if disturbed, chance(10), change.reason != .restore, processes[change.process.pid]?.isTouched == false {
        fork(change.process.pid)
        needsSurvey = true
      }
      if disturbed, chance(5), !needsSurvey { return restartDaemon() }
      if disturbed, chance(5) { die(change.process.pid) }
      carryOut(change, mayFail: disturbed)
    }
    if !disturbed || chance(20) { noted = ledger.debts }
  }

  private mutating func carryOut(_ change: ScoreChange, mayFail: Bool) {
    if change.reason != .restore {
      let before = noted[change.process]?.written
      noted[change.process] = Debt(base: change.base, written: change.new, writtenBefore: before)
    } else if let process = processes[change.process.pid], process.isStrangers,
      !Self.promises.contains(Int(process.score.value))
    {
      violations.append("somebody else's score is taken back: \(process)")
    }
    let outcome: ScoreOutcome
    if processes[change.process.pid]?.identity != change.process {
      outcome = .left
    } else if mayFail, chance(15) {
      outcome = .refused("no")
    } else {
      processes[change.process.pid]?.score = change.new
      processes[change.process.pid]?.isStrangers = false
      outcome = .written
    }
    _ = ledger.record(change, outcome)
  }

  mutating func restartDaemon() {
    // An orphan not yet seen is told by the ledger alone; the state knows no cgroups.
    guard !needsSurvey else { return }
    ledger = Ledger(remembered: noted, conflictLimit: .max)
  }

  /// The rules in force are looked at once more before others are, so that no heir is missed.
  mutating func reload() throws {
    _ = plan(rules)
    var list: [Rule] = []
    for group in Self.groups.dropLast() where chance(75) {
      let value = pick(Self.promises)
      var selector = Selector()
      selector.cgroups = [try Glob(group, as: .path)]
      if chance(30) { selector.comms = [try Glob("named", as: .name)] }
      list.append(try rule("of \(group)", value, selector))
    }
    if chance(50) {
      var selector = Selector()
      selector.comms = [try Glob("named", as: .name)]
      list.append(try rule("of named", pick(Self.promises), selector))
    }
    rules = RuleSet(list.shuffled(using: &random), totalBytes: 0)
  }

  private func rule(_ name: String, _ value: Int, _ selector: Selector) throws -> Rule {
    Rule(
      name: name, kind: value < 0 ? .protect : .sacrifice, amount: .score(try #require(OOMScoreAdj(value))),
      scope: nil, selector: selector, position: SourcePosition(file: "x", line: 1, column: 1))
  }

  mutating func stop() throws {
    _ = plan(rules)
    rules = RuleSet([], totalBytes: 0)
    try reconcile(disturbed: false)
  }

  // MARK: what was promised

  func broken(_ isRestored: Bool) -> [String] {
    processes.values.sorted { $0.identity.pid < $1.identity.pid }.compactMap { process in
      var expected = process.base
      if !isRestored, let index = rule(of: process.identity.pid) {
        let (rule, promised) = (rules.rules[index], rules.scores[index])
        if !rule.isKept(by: process.base, promised: promised) { expected = promised }
        if process.isTouched {
          // Somebody else's score may be beyond the promise, and is then left alone.
          return rule.isKept(by: process.score, promised: promised) ? nil : "not promised: \(process)"
        }
      }
      return process.isTouched || process.score == expected ? nil : "expected \(expected): \(process)"
    }
  }
}

struct LedgerModelTests {
  @Test func everyPromiseIsKeptAndEveryBaseComesBack() throws {
    var random = SeededRandom.printed()
    for history in 0..<200 {
      var world = World(SeededRandom(seed: random.next()))
      for step in 0..<30 {
        for _ in 0..<Int.random(in: 0..<8, using: &random) { try world.live() }
        switch Int.random(in: 0..<10, using: &random) {
        case 0: world.restartDaemon()
        case 1, 2: try world.reload()
        default: break
        }
        try world.reconcile(disturbed: true)
        guard step % 5 == 4 else { continue }
        // Quiet: one round writes what is due, and the next one finds nothing to do.
        try world.reconcile(disturbed: false)
        try #require(world.broken(false) == [], "history \(history), step \(step)")
      }
      try world.stop()
      try #require(world.broken(true) == [], "history \(history)")
      #expect(world.violations == [])
      #expect(world.ledger.pids == [] && world.ledger.debts == [:])
    }
  }
}
