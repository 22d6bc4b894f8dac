import Foundation
import GuardCore
import GuardLinux
import GuardTestSupport
import Testing

@testable import GuardSystemd

struct JournalReaderTests {
  private static let kill = EventKind.kill.messageID.description
  private static let boot = "fedcba98765432100123456789abcdef"

  private let root: TemporaryRoot
  private var directory: RootDirectory { RootDirectory(root.path) }

  init() throws { root = try TemporaryRoot() }

  private func records(
    of kinds: [EventKind] = EventKind.allCases, from start: JournalReader.Start = .beginning,
    detail: JournalReader.Detail = .brief
  ) throws -> [JournalRecord] {
    let reader = try JournalReader(of: kinds, from: start, detail: detail, in: directory)
    var records: [JournalRecord] = []
    while let record = try reader.next() { records.append(record) }
    return records
  }

  @Test(.enabled(if: TestJournal.isAvailable, "\(TestJournal.whyNot)"))
  func whatTheDaemonToldIsReadBack() throws {
    try TestJournal(in: root).append([
      TestJournal.entry(
        at: 1_777_888_800_000_001, messageID: Self.kill,
        ["MESSAGE": "a\nb", "PRIORITY": "4", "OOMGUARD_VICTIM_COMM": "=x=", "OTHER": "1"]),
      TestJournal.entry(
        at: 1_777_888_800_000_002, messageID: EventKind.lost.messageID.description,
        ["OBJECT_SYSTEMD_UNIT": "a.service"]),
    ])
    #expect(
      try records() == [
        JournalRecord(
          kind: .kill, receivedMicroseconds: 1_777_888_800_000_001, bootID: Self.boot,
          fields: [
            "MESSAGE": Array("a\nb".utf8), "PRIORITY": Array("4".utf8), "VICTIM_COMM": Array("=x=".utf8),
          ]),
        JournalRecord(
          kind: .lost, receivedMicroseconds: 1_777_888_800_000_002, bootID: Self.boot,
          fields: ["OBJECT_SYSTEMD_UNIT": Array("a.service".utf8)]),
      ])
    #expect(try records(of: [.lost]).map(\.kind) == [.lost])
    #expect(try records(from: .at(1_777_888_800_000_002)).map(\.kind) == [.lost])
    #expect(try records(from: .at(1_777_888_800_000_003)) == [])
  }

  /// Any user can send every field that does not begin with `_`.
  @Test(
    .enabled(if: TestJournal.isAvailable, "\(TestJournal.whyNot)"),
    arguments: [
      ["_UID": "1000"], ["_SYSTEMD_UNIT": "user@1000.service", "_UID": "1000"],
      ["_SYSTEMD_UNIT": "cron.service"], ["_SYSTEMD_UNIT": "oomguard.service.evil"], ["_UID": "00"],
    ])
  func whatOthersSayIsNotBelieved(trusted: [String: String]) throws {
    let forged = TestJournal.entry(
      at: 1_777_888_800_000_000, messageID: Self.kill,
      ["OOMGUARD_EVENT": "kill", "UNIT": "oomguard.service", "UID": "0"], trusted: trusted)
    let real = TestJournal.entry(at: 1_777_888_800_000_001, messageID: Self.kill)
    try TestJournal(in: root).append([forged, real, forged])
    #expect(try records().map(\.receivedMicroseconds) == [1_777_888_800_000_001])
  }

  @Test(.enabled(if: TestJournal.isAvailable, "\(TestJournal.whyNot)"))
  func aReportIsReadWholeOnlyWhereItIsWanted() throws {
    let report = String(repeating: "a line of the kernel's report\n", count: 2_000)
    try TestJournal(in: root).append([
      TestJournal.entry(
        at: 1_777_888_800_000_000, messageID: Self.kill, ["OOMGUARD_REPORT": report, "OOMGUARD_RULE": "x"])
    ])
    let reader = try JournalReader(of: [.kill], from: .beginning, detail: .brief, in: directory)
    let brief = try #require(try reader.next())
    #expect(brief["RULE"] == "x")
    #expect(reader.current(.full)?.fields["REPORT"] == Array(report.utf8))
    #expect(try reader.next() == nil)
  }

  @Test(.enabled(if: TestJournal.isAvailable, "\(TestJournal.whyNot)"))
  func whatComesLaterIsFollowed() throws {
    let journal = try TestJournal(in: root)
    func entry(_ second: UInt64) -> TestJournal.Entry {
      TestJournal.entry(at: (1_777_888_800 + second) * 1_000_000, messageID: Self.kill)
    }
    let stranger = TestJournal.entry(at: 1_777_888_800_000_000, messageID: Self.kill, trusted: ["_UID": "7"])
    // At first nothing of the daemon's: the place to go on from is a stranger's entry.
    try journal.append([stranger])
    let reader = try JournalReader(of: [.kill], from: .now, detail: .brief, in: directory)
    _ = try reader.descriptorNumber()
    #expect(try reader.next() == nil)
    try journal.append([entry(1), entry(2)])
    try reader.acknowledge()
    #expect(try reader.next()?.receivedMicroseconds == 1_777_888_801_000_000)
    #expect(try reader.next()?.receivedMicroseconds == 1_777_888_802_000_000)
    #expect(try reader.next() == nil)
    let another = try JournalReader(of: [.kill], from: .now, detail: .brief, in: directory)
    #expect(try another.next() == nil)
    try journal.append([entry(3)])
    try another.acknowledge()
    #expect(try another.next()?.receivedMicroseconds == 1_777_888_803_000_000)
  }

  @Test(.enabled(if: TestJournal.isAvailable, "\(TestJournal.whyNot)"))
  func fromTheEndTheNewestComesFirst() throws {
    func entry(_ number: UInt64, uid: Int = 0) -> TestJournal.Entry {
      TestJournal.entry(
        at: 1_777_888_800_000_000 + number, messageID: Self.kill, trusted: ["_UID": "\(uid)"])
    }
    try TestJournal(in: root).append([entry(1), entry(2), entry(3, uid: 7), entry(4), entry(5, uid: 7)])
    let reader = try JournalReader(of: [.kill], from: .end, detail: .brief, in: directory)
    var seen: [UInt64] = []
    while let record = try reader.previous() { seen.append(record.receivedMicroseconds % 10) }
    #expect(seen == [4, 2, 1])
  }

  @Test(.enabled(if: TestJournal.isAvailable, "\(TestJournal.whyNot)"))
  func aUsersOwnJournalIsNotTheSystems() throws {
    try TestJournal(in: root, name: "user-1000.journal").append([
      TestJournal.entry(at: 1_777_888_800_000_000, messageID: Self.kill)
    ])
    #expect(throws: JournalProblem.absent) { try records() }
  }

  @Test func whereThereIsNoJournalItSaysSo() throws {
    #expect(throws: JournalProblem.absent) { try records() }
    try root.write("", to: "var/log/journal/0123456789abcdef0123456789abcdef/readme")
    #expect(throws: JournalProblem.absent) { try records() }
  }

  @Test func numbersAreNumbersAndNothingElse() {
    let record = JournalRecord(
      kind: .kill, receivedMicroseconds: 0, bootID: "",
      fields: ["A": Array("12".utf8), "B": Array("12 ".utf8), "C": Array("99999999999".utf8), "D": [0xff]])
    #expect(record.number("A", as: Int32.self) == 12)
    #expect(record.number("B", as: Int32.self) == nil)
    #expect(record.number("C", as: Int32.self) == nil)
    #expect(record.number("E", as: Int32.self) == nil)
    #expect(record["D"] == #"\xff"#)
  }
}
