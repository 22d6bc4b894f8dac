import GuardCore
import Testing

/// One machine of a few processes, seen by one ledger.
private struct Machine {
  static let cgroup = CgroupPath("/system.slice/db.service".utf8)
  var ledger = Ledger()
  var rules: RuleSet
  /// Long after the start of every process, unless a test says otherwise.
  var now = Duration.seconds(600)
  /// How each write ends.
  var outcome = ScoreOutcome.written
  private(set) var news: [String] = []

  init(_ rules: [Rule], remembered: [ProcessIdentity: OOMScoreAdj] = [:]) {
    self.rules = RuleSet(rules, totalBytes: 0)
    ledger = Ledger(remembered: remembered)
  }

  /// A survey and the writes it leads to, told as `--dry-run` tells them.
  mutating func round(_ seen: Observation...) -> [String] {
    let plan = ledger.plan(seen, rules: rules, at: now)
    news = []
    for change in plan.changes where ledger.record(change, outcome) { news.append("\(change)") }
    return plan.changes.map(\.description)
  }

  func entry(_ pid: Int32) throws -> Ledger.Entry { try #require(ledger.entries[pid]) }
}

struct LedgerTests {
  private func score(_ value: Int) throws -> OOMScoreAdj { try #require(OOMScoreAdj(value)) }
  private func identity(_ pid: Int32, _ start: UInt64 = 5) -> ProcessIdentity {
    ProcessIdentity(pid: pid, startTicks: start)
  }

  private func rule(_ value: Int, _ kind: Rule.Kind = .protect, _ name: String = "db") throws -> Rule {
    Rule(
      name: name, kind: kind, amount: .score(try score(value)), scope: nil, selector: Selector(),
      position: SourcePosition(file: "x", line: 1, column: 1))
  }

  private func seen(
    _ pid: Int32, _ value: Int, rule: Int? = 0, parent: Int32 = 1, start: UInt64? = nil,
    cgroup: CgroupPath = Machine.cgroup, role: Observation.Role = .member
  ) throws -> Observation {
    Observation(
      process: identity(pid, start ?? 5), parent: parent, comm: Array("p\(pid)".utf8), cgroup: cgroup,
      score: try score(value), rule: rule, role: role)
  }

  @Test func whatIsWrittenDuringTheStartIsTheBase() throws {
    var machine = Machine([try rule(-500)])
    machine.now = .milliseconds(100)
    _ = try machine.round(seen(7, 0))
    // Born 50 ms after boot; PID 1 or the process itself sets 200 within two seconds of that.
    machine.now = .milliseconds(2_040)
    #expect(try machine.round(seen(7, 200)) == ["promise 7 (p7) 200 -> -500 by 'db'"])
    #expect(try machine.entry(7).base == score(200))
    machine.now = .milliseconds(2_060)
    #expect(try machine.round(seen(7, 300)) == ["repair 7 (p7) 300 -> -500 by 'db'"])
    #expect(try machine.entry(7).base == score(200))
  }

  @Test func anotherWriterIsGivenWayAfterSoManyRepairsAndTriedAgainAfterAnHour() throws {
    var machine = Machine([try rule(-500)])
    machine.ledger.conflictLimit = 2
    _ = try machine.round(seen(7, 0))
    for _ in 0..<2 {
      machine.now += .seconds(30)
      #expect(try machine.round(seen(7, 0)) == ["repair 7 (p7) 0 -> -500 by 'db'"])
    }
    machine.now += .seconds(30)
    let plan = machine.ledger.plan([try seen(7, 0)], rules: machine.rules, at: machine.now)
    #expect(plan.changes == [] && plan.conflicts.map(\.process) == [identity(7)])
    #expect(try machine.entry(7).state == .yielded)
    machine.now += .seconds(3_599)
    #expect(try machine.round(seen(7, 0)) == [])
    machine.now += .seconds(1)
    #expect(try machine.round(seen(7, 0)) == ["repair 7 (p7) 0 -> -500 by 'db'"])
  }

  @Test func repairsThatLieFarApartAreNoConflict() throws {
    var machine = Machine([try rule(-500)])
    machine.ledger.conflictLimit = 1
    _ = try machine.round(seen(7, 0))
    for _ in 0..<3 {
      machine.now += .seconds(600)
      #expect(try machine.round(seen(7, 0)) == ["repair 7 (p7) 0 -> -500 by 'db'"])
    }
  }

  @Test func aReloadForgetsConflicts() throws {
    var machine = Machine([try rule(-500)])
    machine.ledger.conflictLimit = 0
    _ = try machine.round(seen(7, 0))
    #expect(try machine.round(seen(7, 0)) == [])
    machine.ledger.conflictLimit = 1
    #expect(try machine.round(seen(7, 0)) == [])
    machine.ledger.forgetConflicts()
    #expect(try machine.round(seen(7, 0)) == ["repair 7 (p7) 0 -> -500 by 'db'"])
  }

  @Test func aChildOfTheMainProcessGetsItsBaseBack() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    let child = Observation.Role.child(ofMain: 7)
    #expect(
      try machine.round(seen(7, -500), seen(8, -500, parent: 7, role: child))
        == ["restore 8 (p8) -500 -> 3 by 'db'"])
    // Lower still counts as inherited; higher is its own.
    #expect(
      try machine.round(
        seen(7, -500), seen(8, -900, role: child), seen(9, -499, role: child), seen(10, 3, role: child))
        == ["restore 8 (p8) -900 -> 3 by 'db'"])
    #expect(machine.ledger.entries.keys.sorted() == [7])
  }

  @Test func nothingIsTakenFromTheChildrenOfOneThatHadItBefore() throws {
    // sshd sets -1000 itself; what its children carry is between the two of them.
    var machine = Machine([try rule(-500)])
    let child = Observation.Role.child(ofMain: 7)
    #expect(try machine.round(seen(7, -1000), seen(8, -1000, role: child)) == [])
  }

  @Test func oneThatHadEnoughByItselfKeepsThatAsItsBase() throws {
    // As sshd at a reload: -1000 of its own, then 0 for a moment, then -1000 again, which looks like ours.
    var machine = Machine([try rule(-1000)])
    #expect(try machine.round(seen(7, -1000)) == [])
    #expect(try machine.round(seen(7, 0)) == [])
    machine.now += .seconds(2)
    #expect(try machine.round(seen(7, 0)) == ["repair 7 (p7) 0 -> -1000 by 'db'"])
    #expect(try machine.entry(7).base == score(-1000))
    #expect(try machine.round(seen(7, -1000, rule: nil)) == [])
  }

  @Test func oneThatHadEnoughByItselfIsGivenTimeToTakeItBack() throws {
    var machine = Machine([try rule(-500)])
    #expect(try machine.round(seen(7, -1000)) == [])
    let plan = machine.ledger.plan([try seen(7, 0)], rules: machine.rules, at: machine.now)
    #expect(plan.changes == [] && plan.looksAgain)
    #expect(try machine.entry(7).state == .drifted)
    // It begins its program anew, and the time with it.
    machine.now += .milliseconds(1_900)
    #expect(try machine.round(seen(7, 0, role: .awaiting)) == [])
    machine.now += .milliseconds(1_900)
    #expect(try machine.round(seen(7, 0)) == [])
    machine.now += .milliseconds(1_900)
    #expect(try machine.round(seen(7, -1000)) == [])
    #expect(try machine.entry(7).state == .held)
    #expect(try machine.entry(7).base == score(-1000))
    // The next time is another time.
    machine.now += .seconds(60)
    #expect(try machine.round(seen(7, 0)) == [])
  }

  @Test func aChildThatLeavesItsParentsUnitTakesNoPromiseAlong() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    #expect(
      try machine.round(
        seen(7, -500), seen(8, -500, rule: nil, parent: 7), seen(9, -400, rule: nil, parent: 7),
        seen(10, 3, rule: nil, parent: 7), seen(11, -500, rule: nil))
        == ["restore 8 (p8) -500 -> 3 by 'db'"])
    #expect(machine.ledger.entries.keys.sorted() == [7])
  }

  @Test func nothingIsWrittenWhileTheMainProcessIsNotKnown() throws {
    var machine = Machine([try rule(-500)], remembered: [identity(7): try score(3)])
    #expect(try machine.round(seen(7, -500, role: .awaiting), seen(8, 0, role: .awaiting)) == [])
    #expect(machine.ledger.entries.isEmpty)
    // What a daemon before this one noted is not forgotten meanwhile.
    #expect(try machine.round(seen(7, -500)) == [])
    #expect(try machine.entry(7).base == score(3))
  }

  @Test func aPromiseIsWrittenOnceAndThenHeld() throws {
    var machine = Machine([try rule(-500)])
    #expect(try machine.round(seen(7, 3)) == ["promise 7 (p7) 3 -> -500 by 'db'"])
    #expect(machine.news == ["promise 7 (p7) 3 -> -500 by 'db'"])
    #expect(try machine.round(seen(7, -500)) == [])
    let entry = try machine.entry(7)
    #expect(entry.state == .held && entry.rule == "db" && entry.kind == .protect)
    #expect(
      try [entry.promised, entry.base, entry.score, entry.written]
        == [score(-500), score(3), score(-500), score(-500)])
    #expect(try machine.ledger.basesToGiveBack == [identity(7): score(3)])
  }

  @Test func aWriteThatIsDueIsPendingUntilItIsRecorded() throws {
    var ledger = Ledger()
    let rules = RuleSet([try rule(-500)], totalBytes: 0)
    let plan = ledger.plan([try seen(7, 3)], rules: rules, at: .seconds(600))
    #expect(ledger.entries[7]?.state == .pending)
    #expect(ledger.basesToGiveBack == [:])
    // Not carried out, as in a dry run: the same is due again.
    #expect(ledger.plan([try seen(7, 3)], rules: rules, at: .seconds(600)) == plan)
  }

  @Test(arguments: [(-500, Rule.Kind.protect, -501), (-500, .protect, -500), (500, .sacrifice, 501)])
  func whatIsBeyondTheLimitAlreadyIsHeldWithoutAWrite(promised: Int, kind: Rule.Kind, own: Int) throws {
    var machine = Machine([try rule(promised, kind)])
    #expect(try machine.round(seen(7, own)) == [])
    #expect(try machine.entry(7).state == .held)
    #expect(machine.ledger.basesToGiveBack == [:])
    // Nothing was written, so nothing is taken back; and a later score of its own is its base.
    #expect(try machine.round(seen(7, own + own.signum())) == [])
    #expect(try machine.entry(7).base == score(own + own.signum()))
    #expect(try machine.round(seen(7, own, rule: nil)) == [])
  }

  @Test func driftIsRepairedToThePromiseAndKeepsTheBase() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    #expect(try machine.round(seen(7, 0)) == ["repair 7 (p7) 0 -> -500 by 'db'"])
    #expect(try machine.entry(7).state == .held)
    #expect(try machine.ledger.basesToGiveBack == [identity(7): score(3)])
  }

  @Test func somebodyElsesScoreBeyondThePromiseIsLeftAlone() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    #expect(try machine.round(seen(7, -900)) == [])
    #expect(try machine.round(seen(7, -900, rule: nil)) == [], "not ours to take back")
    #expect(machine.ledger.entries == [:])
  }

  @Test func aRefusalIsNewsOnce() throws {
    var machine = Machine([try rule(-500)])
    machine.outcome = .refused("no")
    let change = "promise 7 (p7) 3 -> -500 by 'db'"
    #expect(try machine.round(seen(7, 3)) == [change])
    #expect(machine.news == [change])
    #expect(try machine.entry(7).state == .refused)
    #expect(try machine.entry(7).error == "no")
    #expect(machine.ledger.basesToGiveBack == [:])
    #expect(try machine.round(seen(7, 3)) == [change], "tried again")
    #expect(machine.news == [])
    machine.outcome = .written
    #expect(try machine.round(seen(7, 3)) == [change])
    #expect(machine.news == [change])
    #expect(try machine.entry(7).error == nil)
    machine.outcome = .refused("no")
    #expect(try machine.round(seen(7, 3)) == ["repair 7 (p7) 3 -> -500 by 'db'"])
    #expect(machine.news.count == 1)
  }

  @Test func aProcessThatLeftBeforeTheWriteIsForgotten() throws {
    var machine = Machine([try rule(-500)])
    machine.outcome = .left
    _ = try machine.round(seen(7, 3))
    #expect(machine.news == [] && machine.ledger.entries == [:])
  }

  @Test func aProcessNotSeenAnyMoreDeparts() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3), seen(8, -600))
    let plan = machine.ledger.plan([], rules: machine.rules, at: machine.now)
    #expect(plan.changes == [] && plan.departed == [identity(7), identity(8)])
    #expect(machine.ledger.pids == [])
  }

  @Test func aRecycledPidIsAnotherProcess() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    let plan = machine.ledger.plan([try seen(7, 40, start: 9)], rules: machine.rules, at: machine.now)
    #expect(plan.departed == [identity(7)])
    #expect(try plan.changes.map { [$0.base, $0.old, $0.new] } == [[score(40), score(40), score(-500)]])
    // The same for one that no rule means: it never got anything of ours.
    let after = machine.ledger.plan(
      [try seen(7, -500, rule: nil, start: 11)], rules: machine.rules, at: machine.now)
    #expect(after.changes == [] && after.departed == [identity(7, 9)])
  }

  @Test func aRuleThatChangesStartsFromTheBase() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    machine.rules = RuleSet([try rule(-900)], totalBytes: 0)
    #expect(try machine.round(seen(7, -500)) == ["promise 7 (p7) -500 -> -900 by 'db'"])
    machine.rules = RuleSet([try rule(700, .sacrifice)], totalBytes: 0)
    #expect(try machine.round(seen(7, -900)) == ["promise 7 (p7) -900 -> 700 by 'db'"])
    #expect(try machine.ledger.basesToGiveBack == [identity(7): score(3)])
    // A rule that the base itself keeps.
    machine.rules = RuleSet([try rule(50)], totalBytes: 0)
    #expect(try machine.round(seen(7, 700)) == ["promise 7 (p7) 700 -> 3 by 'db'"])
    #expect(machine.ledger.basesToGiveBack == [:])
  }

  @Test func aRuleThatGoesGivesTheBaseBack() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    #expect(try machine.round(seen(7, -500, rule: nil)) == ["restore 7 (p7) -500 -> 3 by 'db'"])
    #expect(machine.news.count == 1)
    #expect(machine.ledger.pids == [] && machine.ledger.basesToGiveBack == [:])
    #expect(try machine.round(seen(7, 3, rule: nil)) == [])
  }

  @Test func whatSomebodyElseChangedMeanwhileIsNotGivenBack() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    #expect(try machine.round(seen(7, 200, rule: nil)) == [])
    #expect(machine.ledger.pids == [] && machine.ledger.basesToGiveBack == [:])
  }

  @Test func afterAnEventAsWellWhatSomebodyElseChangedIsNotOwed() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    let plan = machine.ledger.consider([try seen(7, 200, rule: nil)], rules: machine.rules, at: .seconds(60))
    #expect(plan.changes == [])
    #expect(machine.ledger.basesToGiveBack == [:], "a daemon after this one must not give it back either")
  }

  @Test func aBaseThatCouldNotBeGivenBackIsTriedAgain() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    machine.outcome = .refused("no")
    let change = "restore 7 (p7) -500 -> 3 by 'db'"
    #expect(try machine.round(seen(7, -500, rule: nil)) == [change])
    #expect(machine.news == [change])
    #expect(machine.ledger.entries == [:])
    #expect(machine.ledger.pids == [7])
    #expect(try machine.ledger.basesToGiveBack == [identity(7): score(3)])
    #expect(try machine.round(seen(7, -500, rule: nil)) == [change])
    #expect(machine.news == [])
    machine.outcome = .written
    #expect(try machine.round(seen(7, -500, rule: nil)) == [change])
    #expect(machine.news == [change])
    #expect(machine.ledger.pids == [] && machine.ledger.basesToGiveBack == [:])
  }

  @Test func aRuleThatMeansItAgainBeforeItsBaseCameBackKnowsThatBase() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    machine.outcome = .refused("no")
    _ = try machine.round(seen(7, -500, rule: nil))
    #expect(try machine.round(seen(7, -500)) == [])
    #expect(try machine.entry(7).base == score(3))
    #expect(try machine.entry(7).state == .held)
  }

  @Test func aBaseStillOwedIsForgottenWithItsProcess() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    machine.outcome = .refused("no")
    _ = try machine.round(seen(7, -500, rule: nil))
    #expect(try machine.round(seen(7, -500, rule: nil, start: 9)) == [], "its pid is another's")
    #expect(machine.ledger.pids == [])
  }

  @Test func basesOfADaemonBeforeThisOneAreRemembered() throws {
    let bases = [identity(7): try score(3), identity(8): try score(4), identity(9): try score(-500)]
    var machine = Machine([try rule(-500)], remembered: bases)
    #expect(machine.ledger.pids == [7, 8, 9])
    #expect(machine.ledger.basesToGiveBack == bases)
    // 7 is still meant, 8 not any more, 9 had what was promised when it was noted; 10 is new.
    let changes = try machine.round(seen(7, -500), seen(8, -500, rule: nil), seen(9, -500), seen(10, 0))
    #expect(changes == ["restore 8 (p8) -500 -> 4", "promise 10 (p10) 0 -> -500 by 'db'"])
    #expect(try machine.ledger.basesToGiveBack == [identity(7): score(3), identity(10): score(0)])
    #expect(try machine.entry(9).written == nil)
  }

  @Test func aRememberedBaseIsNotAnothersOfTheSamePid() throws {
    var machine = Machine([try rule(-500)], remembered: [identity(7): try score(3), identity(8): .zero])
    #expect(try machine.round(seen(7, -500, start: 6), seen(8, -500, rule: nil, start: 6)) == [])
    #expect(try machine.entry(7).base == score(-500))
    #expect(machine.ledger.pids == [7])
  }

  @Test func aRememberedBaseThatCannotBeGivenBackStaysRemembered() throws {
    var machine = Machine([], remembered: [identity(7): try score(3)])
    machine.outcome = .refused("no")
    for _ in 0..<2 {
      #expect(try machine.round(seen(7, -500, rule: nil)) == ["restore 7 (p7) -500 -> 3"])
      #expect(try machine.ledger.basesToGiveBack == [identity(7): score(3)])
    }
  }

  @Test func aChildThatInheritedThePromiseHasItsParentsBase() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    #expect(try machine.round(seen(7, -500), seen(20, -500, parent: 7, start: 6)) == [])
    #expect(try machine.ledger.basesToGiveBack == [identity(7): score(3), identity(20, 6): score(3)])
    #expect(try machine.round(seen(20, -500, rule: nil, start: 6)) == ["restore 20 (p20) -500 -> 3 by 'db'"])
  }

  @Test func aParentIsEnteredBeforeItsChildWhateverTheOrder() throws {
    var machine = Machine([try rule(-500)], remembered: [identity(7): try score(3)])
    _ = try machine.round(seen(6, -500, parent: 7, start: 8), seen(7, -500))
    #expect(try machine.entry(6).base == score(3))
  }

  @Test func aChildForkedJustBeforeTheScoreChangedHasItsParentsBase() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    machine.rules = RuleSet([try rule(-400)], totalBytes: 0)
    _ = try machine.round(seen(7, -500))
    #expect(
      try machine.round(seen(7, -400), seen(20, -500, parent: 7, start: 6)) == [
        "promise 20 (p20) -500 -> -400 by 'db'"
      ])
    #expect(try machine.entry(20).base == score(3))
  }

  @Test func aChildOfOneThatNoRuleMeansAnyMoreHasItsParentsBase() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    let changes = try machine.round(seen(7, -500, rule: nil), seen(20, -500, parent: 7, start: 6))
    #expect(changes == ["restore 7 (p7) -500 -> 3 by 'db'"])
    #expect(try machine.entry(20).base == score(3))
  }

  @Test func aChildOfOneThatSomebodyElseChangedMeanwhileHasItsParentsBase() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    #expect(try machine.round(seen(7, 200, rule: nil), seen(20, -500, parent: 7, start: 6)) == [])
    #expect(try machine.entry(20).base == score(3))
    #expect(machine.ledger.pids == [20])
  }

  @Test func anOrphanHasTheBaseOfAnotherInItsCgroup() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3), seen(8, 3))
    let elsewhere = CgroupPath("/system.slice/other.service".utf8)
    _ = try machine.round(
      seen(8, -500), seen(20, -500, start: 6), seen(21, -500, start: 6, cgroup: elsewhere),
      seen(22, -499, start: 6))
    #expect(try machine.entry(20).base == score(3))
    #expect(try machine.entry(21).base == score(-500), "nobody there knows better")
    #expect(try machine.entry(22).base == score(-499), "not what was given")
  }

  @Test func aChildWithAScoreOfItsOwnKeepsItAsItsBase() throws {
    var machine = Machine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    #expect(
      try machine.round(seen(7, -500), seen(20, 100, parent: 7, start: 6)) == [
        "promise 20 (p20) 100 -> -500 by 'db'"
      ])
    #expect(try machine.entry(20).base == score(100))
  }
}
