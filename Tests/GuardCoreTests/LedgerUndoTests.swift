import GuardCore
import Testing

struct LedgerUndoTests {
  @Test func aRuleThatGoesGivesTheBaseBack() throws {
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    #expect(try machine.round(seen(7, -500, rule: nil)) == ["restore 7 (p7) -500 -> 3 by 'db'"])
    #expect(machine.news.count == 1)
    #expect(machine.ledger.pids == [] && machine.ledger.debts == [:])
    #expect(try machine.round(seen(7, 3, rule: nil)) == [])
  }

  @Test func whatSomebodyElseChangedMeanwhileIsNotGivenBack() throws {
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    #expect(try machine.round(seen(7, 200, rule: nil)) == [])
    #expect(machine.ledger.pids == [] && machine.ledger.debts == [:])
  }

  @Test func afterAnEventAsWellWhatSomebodyElseChangedIsNotOwed() throws {
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    let plan = machine.ledger.consider([try seen(7, 200, rule: nil)], rules: machine.rules, at: .seconds(60))
    #expect(plan.changes == [])
    #expect(machine.ledger.debts == [:], "a daemon after this one must not give it back either")
  }

  @Test func aBaseThatCouldNotBeGivenBackIsTriedAgain() throws {
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    machine.outcome = .refused("no")
    let change = "restore 7 (p7) -500 -> 3 by 'db'"
    #expect(try machine.round(seen(7, -500, rule: nil)) == [change])
    #expect(machine.news == [change])
    #expect(machine.ledger.entries.isEmpty)
    #expect(machine.ledger.pids == [7])
    #expect(try machine.ledger.debts == [identity(7): owed(3)])
    #expect(try machine.round(seen(7, -500, rule: nil)) == [change])
    #expect(machine.news == [])
    machine.outcome = .written
    #expect(try machine.round(seen(7, -500, rule: nil)) == [change])
    #expect(machine.news == [change])
    #expect(machine.ledger.pids == [] && machine.ledger.debts == [:])
  }

  @Test func aRuleThatMeansItAgainBeforeItsBaseCameBackKnowsThatBase() throws {
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    machine.outcome = .refused("no")
    _ = try machine.round(seen(7, -500, rule: nil))
    #expect(try machine.round(seen(7, -500)) == [])
    #expect(try machine.entry(7).base == score(3))
    #expect(try machine.entry(7).state == .held)
  }

  @Test func aBaseStillOwedIsForgottenWithItsProcess() throws {
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    machine.outcome = .refused("no")
    _ = try machine.round(seen(7, -500, rule: nil))
    #expect(try machine.round(seen(7, -500, rule: nil, start: 9)) == [], "its pid is another's")
    #expect(machine.ledger.pids == [])
  }

  @Test func basesOfADaemonBeforeThisOneAreRemembered() throws {
    let bases = try [identity(7): owed(3), identity(8): owed(4), identity(9): owed(-500, -900)]
    var machine = LedgerMachine([try rule(-500)], remembered: bases)
    #expect(machine.ledger.pids == [7, 8, 9])
    #expect(machine.ledger.debts == bases)
    // 7 is still meant, 8 not any more, 9 carries what it had before what was noted; 10 is new.
    let changes = try machine.round(seen(7, -500), seen(8, -500, rule: nil), seen(9, -500), seen(10, 0))
    #expect(changes == ["restore 8 (p8) -500 -> 4", "promise 10 (p10) 0 -> -500 by 'db'"])
    #expect(
      try machine.ledger.debts == [
        identity(7): owed(3), identity(9): owed(-500, -900), identity(10): owed(0),
      ])
    #expect(try machine.entry(9).base == score(-500))
  }

  @Test func aRememberedBaseIsNotAnothersOfTheSamePid() throws {
    var machine = LedgerMachine(
      [try rule(-500)], remembered: try [identity(7): owed(3), identity(8): owed(0)])
    #expect(try machine.round(seen(7, -500, start: 6), seen(8, -500, rule: nil, start: 6)) == [])
    #expect(try machine.entry(7).base == score(-500))
    #expect(machine.ledger.pids == [7])
  }

  @Test func aRememberedBaseThatCannotBeGivenBackStaysRemembered() throws {
    var machine = LedgerMachine([], remembered: [identity(7): try owed(3)])
    machine.outcome = .refused("no")
    for _ in 0..<2 {
      #expect(try machine.round(seen(7, -500, rule: nil)) == ["restore 7 (p7) -500 -> 3"])
      #expect(try machine.ledger.debts == [identity(7): owed(3)])
    }
  }

  @Test func whatSomebodyElseChangedAfterACrashIsNotGivenBack() throws {
    let bases = try [identity(7): owed(3), identity(8): owed(4, -900), identity(9): owed(5)]
    var machine = LedgerMachine([], remembered: bases)
    // 7 is as it was left; 8 was set by somebody else since; 9 never got what was noted.
    #expect(
      try machine.round(seen(7, -500, rule: nil), seen(8, -901, rule: nil), seen(9, 5, rule: nil))
        == ["restore 7 (p7) -500 -> 3"])
    #expect(machine.ledger.pids == [] && machine.ledger.debts == [:])
  }

  @Test func whatSomebodyElseChangedAfterACrashIsDriftAndKeepsTheBase() throws {
    var machine = LedgerMachine(
      [try rule(-500)], remembered: [identity(7): try owed(3), identity(8): try owed(4)])
    #expect(
      try machine.round(seen(7, 200), seen(8, 4)) == [
        "repair 7 (p7) 200 -> -500 by 'db'", "promise 8 (p8) 4 -> -500 by 'db'",
      ])
    #expect(try machine.ledger.debts == [identity(7): owed(3), identity(8): owed(4)])
  }

  @Test func aWriteThatWasNotedAndNeverMadeLeavesTheOneBeforeItToBeGivenBack() throws {
    let debt = Debt(base: try score(3), written: try score(-900), writtenBefore: try score(-500))
    for carried in [-500, -900] {
      var machine = LedgerMachine([], remembered: [identity(7): debt])
      #expect(try machine.round(seen(7, carried, rule: nil)) == ["restore 7 (p7) \(carried) -> 3"])
    }
    var machine = LedgerMachine([], remembered: [identity(7): debt])
    #expect(try machine.round(seen(7, -700, rule: nil)) == [])
  }

  @Test func anEarlierReleaseNotedTheBaseAlone() throws {
    let debt = Debt(base: try score(3), written: nil)
    var machine = LedgerMachine([], remembered: [identity(7): debt, identity(8): debt])
    #expect(
      try machine.round(seen(7, -777, rule: nil), seen(8, 3, rule: nil)) == ["restore 7 (p7) -777 -> 3"])
  }

  @Test func whatWasReadLateCountsForThoseNotSeenYet() throws {
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 1))
    machine.ledger.remember([identity(7): try owed(3), identity(8): try owed(4)])
    #expect(try machine.ledger.debts == [identity(7): owed(1), identity(8): owed(4)])
    #expect(try machine.round(seen(7, -500), seen(8, -500)) == [])
    #expect(try machine.ledger.debts == [identity(7): owed(1), identity(8): owed(4)])
  }

  @Test func aChildThatCannotLoseWhatItInheritedIsToldOnceAndTriedAgain() throws {
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    machine.outcome = .refused("no")
    let left = try (
      seen(8, -500, parent: 7, role: .child(ofMain: 7)), seen(9, -500, rule: nil, parent: 7)
    )
    let changes = ["restore 8 (p8) -500 -> 3 by 'db'", "restore 9 (p9) -500 -> 3 by 'db'"]
    #expect(try machine.round(seen(7, -500), left.0, left.1) == changes)
    #expect(machine.news == changes)
    #expect(try machine.ledger.debts == [identity(7): owed(3), identity(8): owed(3), identity(9): owed(3)])
    #expect(try machine.round(seen(7, -500), left.0, left.1) == changes)
    #expect(machine.news == [])
    machine.outcome = .written
    #expect(try machine.round(seen(7, -500), left.0, left.1) == changes)
    #expect(machine.ledger.pids == [7])
  }
}
