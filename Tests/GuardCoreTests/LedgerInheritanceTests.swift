import GuardCore
import Testing

struct LedgerInheritanceTests {
  @Test func aChildOfTheMainProcessGetsItsBaseBack() throws {
    var machine = LedgerMachine([try rule(-500)])
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
    #expect(machine.ledger.entries.pids.sorted() == [7])
  }

  @Test func aChildJustForkedIsLeftAloneForAMoment() throws {
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    let (newborn, child) = (
      Observation.Role.child(ofMain: 7, isNewborn: true), Observation.Role.child(ofMain: 7)
    )
    let plan = machine.ledger.consider(
      [
        try seen(7, -500), try seen(8, -500, parent: 7, role: newborn),
        try seen(9, 0, parent: 7, role: newborn),
      ],
      rules: machine.rules, at: machine.now)
    // One of them carries what is its own already: there is nothing to wait for.
    #expect(plan == Ledger.Plan(newborns: [8]))
    #expect(
      try machine.round(seen(7, -500), seen(8, 0, parent: 7, role: child), seen(9, 0, role: child)) == [])
    #expect(
      try machine.round(seen(7, -500), seen(8, -500, parent: 7, role: child))
        == ["restore 8 (p8) -500 -> 3 by 'db'"])
  }

  @Test func aChildOfOneThatWasTheMainProcessGetsTheBaseOfThat() throws {
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    let child = Observation.Role.child(ofMain: 6)
    #expect(
      try machine.round(seen(6, 9), seen(7, -500, role: child), seen(8, -500, parent: 7, role: child)) == [
        "promise 6 (p6) 9 -> -500 by 'db'", "restore 7 (p7) -500 -> 3 by 'db'",
        "restore 8 (p8) -500 -> 3 by 'db'",
      ])
  }

  @Test func aChildHasNothingOfWhatAnotherRulePromisesItsParent() throws {
    var machine = LedgerMachine([try rule(-500), try rule(700, .sacrifice, "batch")])
    _ = try machine.round(seen(7, 3), seen(9, 5, rule: 1))
    #expect(
      try machine.round(
        seen(7, -500), seen(9, 700, rule: 1), seen(10, 700, parent: 9, role: .child(ofMain: 7)),
        seen(11, 600, parent: 9, role: .child(ofMain: 7))) == ["restore 10 (p10) 700 -> 5 by 'batch'"])
  }

  @Test func nothingIsTakenFromTheChildrenOfOneThatHadItBefore() throws {
    // sshd sets -1000 itself; what its children carry is between the two of them.
    var machine = LedgerMachine([try rule(-500)])
    let child = Observation.Role.child(ofMain: 7)
    #expect(try machine.round(seen(7, -1000), seen(8, -1000, role: child)) == [])
  }

  @Test func aChildThatLeavesItsParentsUnitTakesNoPromiseAlong() throws {
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    #expect(
      try machine.round(
        seen(7, -500), seen(8, -500, rule: nil, parent: 7), seen(9, -400, rule: nil, parent: 7),
        seen(10, 3, rule: nil, parent: 7), seen(11, -500, rule: nil))
        == ["restore 8 (p8) -500 -> 3 by 'db'"])
    #expect(machine.ledger.entries.pids.sorted() == [7])
  }

  @Test func aChildThatInheritedThePromiseHasItsParentsBase() throws {
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    #expect(try machine.round(seen(7, -500), seen(20, -500, parent: 7, start: 6)) == [])
    #expect(try machine.ledger.debts == [identity(7): owed(3), identity(20, 6): owed(3)])
    #expect(try machine.round(seen(20, -500, rule: nil, start: 6)) == ["restore 20 (p20) -500 -> 3 by 'db'"])
  }

  @Test func aParentIsEnteredBeforeItsChildWhateverTheOrder() throws {
    var machine = LedgerMachine([try rule(-500)], remembered: [identity(7): try owed(3)])
    _ = try machine.round(seen(6, -500, parent: 7, start: 8), seen(7, -500))
    #expect(try machine.entry(6).base == score(3))
  }

  @Test func aChildForkedJustBeforeTheScoreChangedHasItsParentsBase() throws {
    var machine = LedgerMachine([try rule(-500)])
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
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    let changes = try machine.round(seen(7, -500, rule: nil), seen(20, -500, parent: 7, start: 6))
    #expect(changes == ["restore 7 (p7) -500 -> 3 by 'db'"])
    #expect(try machine.entry(20).base == score(3))
  }

  @Test func aChildOfOneThatSomebodyElseChangedMeanwhileHasItsParentsBase() throws {
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    #expect(try machine.round(seen(7, 200, rule: nil), seen(20, -500, parent: 7, start: 6)) == [])
    #expect(try machine.entry(20).base == score(3))
    #expect(machine.ledger.pids == [20])
  }

  @Test func anOrphanHasTheBaseOfAnotherInItsCgroup() throws {
    var machine = LedgerMachine([try rule(-500)])
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
    var machine = LedgerMachine([try rule(-500)])
    _ = try machine.round(seen(7, 3))
    #expect(
      try machine.round(seen(7, -500), seen(20, 100, parent: 7, start: 6)) == [
        "promise 20 (p20) 100 -> -500 by 'db'"
      ])
    #expect(try machine.entry(20).base == score(100))
  }
}
