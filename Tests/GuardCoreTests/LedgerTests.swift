import GuardCore
import Testing

struct LedgerTests {
  @Test func whatIsWrittenDuringTheStartIsTheBase() throws {
    var machine = LedgerMachine([try rule(-500)])
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
    var machine = LedgerMachine([try rule(-500)])
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
    var machine = LedgerMachine([try rule(-500)])
    machine.ledger.conflictLimit = 1
    _ = try machine.round(seen(7, 0))
    for _ in 0..<3 {
      machine.now += .seconds(600)
      #expect(try machine.round(seen(7, 0)) == ["repair 7 (p7) 0 -> -500 by 'db'"])
    }
  }

  @Test func aReloadForgetsConflicts() throws {
    var machine = LedgerMachine([try rule(-500)])
    machine.ledger.conflictLimit = 0
    _ = try machine.round(seen(7, 0))
    #expect(try machine.round(seen(7, 0)) == [])
    machine.ledger.conflictLimit = 1
    #expect(try machine.round(seen(7, 0)) == [])
    machine.ledger.forgetConflicts()
    #expect(try machine.round(seen(7, 0)) == ["repair 7 (p7) 0 -> -500 by 'db'"])
  }

  @Test func oneThatHadEnoughByItselfKeepsThatAsItsBase() throws {
    // As sshd at a reload: -1000 of its own, then 0 for a moment, then -1000 again, which looks like ours.
    var machine = LedgerMachine([try rule(-1000)])
    #expect(try machine.round(seen(7, -1000)) == [])
    #expect(try machine.round(seen(7, 0)) == [])
    machine.now += .seconds(2)
    #expect(try machine.round(seen(7, 0)) == ["repair 7 (p7) 0 -> -1000 by 'db'"])
    #expect(try machine.entry(7).base == score(-1000))
    #expect(try machine.round(seen(7, -1000, rule: nil)) == [])
  }

  @Test func oneThatHadEnoughByItselfIsGivenTimeToTakeItBack() throws {
    var machine = LedgerMachine([try rule(-500)])
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

  @Test func whatIsWrittenAfterTheFirstLookAtAStartIsTheBase() throws {
    var machine = LedgerMachine([try rule(-500)])
    let birth = try seen(7, 0).process.startedAt
    machine.now = birth + .milliseconds(10)
    #expect(try machine.round(seen(7, 0)) == ["promise 7 (p7) 0 -> -500 by 'db'"])
    // PID 1 writes, then the program begins, and is left alone until its start is over.
    machine.now = birth + .milliseconds(30)
    #expect(try machine.round(seen(7, -200, role: .awaiting)) == [])
    machine.now = birth + .milliseconds(2_030)
    #expect(try machine.round(seen(7, -200)) == ["promise 7 (p7) -200 -> -500 by 'db'"])
    #expect(try machine.entry(7).base == score(-200))
    // Once only: from now on it is drift.
    machine.now += .seconds(60)
    #expect(try machine.round(seen(7, 0)) == ["repair 7 (p7) 0 -> -500 by 'db'"])
    #expect(try machine.entry(7).base == score(-200))
  }

  @Test func nothingIsWrittenWhileTheMainProcessIsNotKnown() throws {
    var machine = LedgerMachine([try rule(-500)], remembered: [identity(7): try owed(3)])
    #expect(try machine.round(seen(7, -500, role: .awaiting), seen(8, 0, role: .awaiting)) == [])
    #expect(machine.ledger.entries.isEmpty)
    // What a daemon before this one noted is not forgotten meanwhile.
    #expect(try machine.round(seen(7, -500)) == [])
    #expect(try machine.entry(7).base == score(3))
  }

  @Test func aPromiseIsWrittenOnceAndThenHeld() throws {
    var machine = LedgerMachine([try rule(-500)])
    #expect(try machine.round(seen(7, 3)) == ["promise 7 (p7) 3 -> -500 by 'db'"])
    #expect(machine.news == ["promise 7 (p7) 3 -> -500 by 'db'"])
    #expect(try machine.round(seen(7, -500)) == [])
    let entry = try machine.entry(7)
    #expect(entry.state == .held && entry.rule == "db" && entry.kind == .protect)
    #expect(
      try [entry.promised, entry.base, entry.score, entry.written]
        == [score(-500), score(3), score(-500), score(-500)])
    #expect(try machine.ledger.debts == [identity(7): owed(3)])
  }

  @Test func aWriteThatIsDueIsPendingUntilItIsRecorded() throws {
    var ledger = Ledger()
    let rules = RuleSet([try rule(-500)], totalBytes: 0)
    let plan = ledger.plan([try seen(7, 3)], rules: rules, at: .seconds(600))
    #expect(ledger.entries[7]?.state == .pending)
    #expect(ledger.debts == [:])
    // Not carried out, as in a dry run: the same is due again.
    #expect(ledger.plan([try seen(7, 3)], rules: rules, at: .seconds(600)) == plan)
  }

  @Test(arguments: [(-500, Rule.Kind.protect, -501), (-500, .protect, -500), (500, .sacrifice, 501)])
  func whatIsBeyondTheLimitAlreadyIsHeldWithoutAWrite(promised: Int, kind: Rule.Kind, own: Int) throws {
    var machine = LedgerMachine([try rule(promised, kind)])
    #expect(try machine.round(seen(7, own)) == [])
    #expect(try machine.entry(7).state == .held)
    #expect(machine.ledger.debts == [:])
    // Nothing was written, so nothing is taken back; and a later score of its own is its base.
    #expect(try machine.round(seen(7, own + own.signum())) == [])
    #expect(try machine.entry(7).base == score(own + own.signum()))
    #expect(try machine.round(seen(7, own, rule: nil)) == [])
  }

  @Test func driftIsRepairedToThePromiseAndKeepsTheBase() throws {
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    #expect(try machine.round(seen(7, 0)) == ["repair 7 (p7) 0 -> -500 by 'db'"])
    #expect(try machine.entry(7).state == .held)
    #expect(try machine.ledger.debts == [identity(7): owed(3)])
  }

  @Test func somebodyElsesScoreBeyondThePromiseIsLeftAlone() throws {
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    #expect(try machine.round(seen(7, -900)) == [])
    #expect(try machine.round(seen(7, -900, rule: nil)) == [], "not ours to take back")
    #expect(machine.ledger.entries.isEmpty)
  }

  @Test func aRefusalIsNewsOnce() throws {
    var machine = LedgerMachine([try rule(-500)])
    machine.outcome = .refused("no")
    let change = "promise 7 (p7) 3 -> -500 by 'db'"
    #expect(try machine.round(seen(7, 3)) == [change])
    #expect(machine.news == [change])
    #expect(try machine.entry(7).state == .refused)
    #expect(try machine.entry(7).error == "no")
    #expect(machine.ledger.debts == [:])
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
    var machine = LedgerMachine([try rule(-500)])
    machine.outcome = .left
    _ = try machine.round(seen(7, 3))
    #expect(machine.news == [] && machine.ledger.entries.isEmpty)
  }

  @Test func aProcessNotSeenAnyMoreDeparts() throws {
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3), seen(8, -600))
    let plan = machine.ledger.plan([], rules: machine.rules, at: machine.now)
    #expect(plan.changes == [] && plan.departed == [identity(7), identity(8)])
    #expect(machine.ledger.pids == [])
  }

  @Test func aRecycledPidIsAnotherProcess() throws {
    var machine = LedgerMachine([try rule(-500)])
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
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    machine.rules = RuleSet([try rule(-900)], totalBytes: 0)
    #expect(try machine.round(seen(7, -500)) == ["promise 7 (p7) -500 -> -900 by 'db'"])
    machine.rules = RuleSet([try rule(700, .sacrifice)], totalBytes: 0)
    #expect(try machine.round(seen(7, -900)) == ["promise 7 (p7) -900 -> 700 by 'db'"])
    #expect(try machine.ledger.debts == [identity(7): owed(3, 700)])
    // A rule that the base itself keeps.
    machine.rules = RuleSet([try rule(50)], totalBytes: 0)
    #expect(try machine.round(seen(7, 700)) == ["promise 7 (p7) 700 -> 3 by 'db'"])
    #expect(machine.ledger.debts == [:])
  }
}
