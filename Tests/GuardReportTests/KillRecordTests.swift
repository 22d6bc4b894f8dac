import GuardCore
import GuardReport
import GuardStatus
import GuardSystemd
import GuardTestSupport
import Testing

struct KillRecordTests {
  private func record(_ fields: [String: String]) -> JournalRecord {
    JournalRecord(
      kind: .kill, receivedMicroseconds: 1_777_888_800_000_000, bootID: "fedcba98765432100123456789abcdef",
      fields: fields.mapValues { Array($0.utf8) })
  }

  /// What the daemon writes is what the client reads, field by field.
  @Test func aKillSurvivesTheJournal() {
    for kill in StatusDocument.troubled.kills.last {
      let fields = kill.journalFields.compactMap { name, value in value.map { (name, $0) } }
      var expected = kill
      expected.at = kill.at ?? Timestamp(seconds: 1_777_888_800)
      #expect(StatusDocument.Kill(record(Dictionary(uniqueKeysWithValues: fields))) == expected)
    }
  }

  @Test func anEntryWithoutAnIDHasThatOfItsBootAndNumber() {
    let kill = StatusDocument.Kill(record(["KERNEL_SEQ": "77"]))
    #expect(kill.id == "fedcba98-77" && kill.seq == 77)
    #expect(StatusDocument.Kill(record([:])).id == nil)
  }

  @Test func whatCannotBeMeantIsAbsent() {
    let kill = StatusDocument.Kill(
      record([
        "VICTIM_PID": "x", "VICTIM_SCORE": "99999", "VICTIM_TOTAL_VM_KB": "-1", "CONSTRAINT": "moon",
        "AT": "soon",
        "PROTECTED": "perhaps", "SOURCE": "hearsay", "TASKS_DUMPED": "1.5", "VICTIM_COMM": "\u{1b}[31m",
      ]))
    #expect(
      kill
        == StatusDocument.Kill(
          id: nil, seq: nil, at: Timestamp(seconds: 1_777_888_800), victim: .init(comm: #"\x1b[31m"#),
          source: .kernelLog))
  }

  @Test(arguments: [
    ("postgresql@*", true), ("postgresql@15-main.service", true), ("postgresql@15-main", true),
    ("system-*.slice", true),
    ("system.slice", true), ("postgresql", false), ("postgresql@", false), ("*.scope", false),
    ("user.slice", false),
  ])
  func aUnitIsMeantAsSystemctlMeansIt(pattern: String, isAdmitted: Bool) throws {
    let kill = StatusDocument.Kill(
      id: nil, seq: nil, at: nil,
      victim: .init(
        unit: "postgresql@15-main.service",
        cgroup: "/system.slice/system-postgresql.slice/postgresql@15-main.service"), source: .kernelLog)
    #expect(try UnitFilter(pattern).admits(kill) == isAdmitted)
  }

  @Test func ofAKillOutsideEveryUnitNoneIsMeant() throws {
    #expect(
      try !UnitFilter("*").admits(
        StatusDocument.Kill(id: nil, seq: nil, at: nil, victim: .init(), source: .vmstat)))
    #expect(throws: PatternError.self) { try UnitFilter("[") }
  }
}
