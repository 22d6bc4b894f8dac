import Foundation
import GuardCore
import GuardReport
import GuardStatus
import GuardTestSupport
import Testing

/// `oomguardctl kills` as built, over a journal that was made for it.
@Suite(.enabled(if: TestJournal.isAvailable, "\(TestJournal.whyNot)"))
struct KillsTests {
  private static let time: UInt64 = 1_777_890_000_000_000

  private let root: TemporaryRoot

  init() throws { root = try TemporaryRoot() }

  private struct Answer: Decodable, Equatable {
    var kills: [StatusDocument.Kill]
    var source: String?
    var why: String?
  }

  private func run(_ arguments: String...) throws -> BuiltClient.Outcome {
    try BuiltClient.run(["kills"] + arguments + ["--root", root.path], environment: ["TZ": "UTC"]).without(
      root.path)
  }

  private func answer(_ arguments: String...) throws -> Answer {
    let outcome = try BuiltClient.run(
      ["kills", "--json"] + arguments + ["--root", root.path], environment: ["TZ": "UTC"])
    #expect(outcome.status == 0 && outcome.complaint == "")
    return try JSONDecoder().decode(Answer.self, from: Data(outcome.output.utf8))
  }

  private func entry(
    _ kill: StatusDocument.Kill, at microseconds: UInt64 = time, report: String? = nil,
    trusted: [String: String] = [:]
  ) -> TestJournal.Entry {
    var fields: [String: String] = [:]
    for (name, value) in kill.journalFields { fields["OOMGUARD_\(name)"] = value }
    fields["OOMGUARD_REPORT"] = report
    return TestJournal.entry(
      at: microseconds, messageID: EventKind.kill.messageID.description, fields, trusted: trusted)
  }

  /// The first six of a troubled daemon; the journal of the boot before has one more.
  private var kills: [StatusDocument.Kill] { Array(StatusDocument.troubled.kills.last.prefix(6)) }
  private var older: StatusDocument.Kill {
    var kill = kills[0]
    (kill.id, kill.at, kill.victim.unit) = ("aaaaaaaa-1", Timestamp(seconds: 1_700_000_000), "old.service")
    kill.victim.cgroup = "/system.slice/old.service"
    return kill
  }

  private func received(_ kill: StatusDocument.Kill) -> UInt64 {
    UInt64(clamping: kill.at?.microsecondsSinceEpoch ?? 0) + 1
  }

  @Test func theJournalIsTheHistoryOfAllBootsAndWhatWasSentTwiceIsShownOnce() throws {
    let all = [older] + kills
    try TestJournal(in: root).append(
      all.map { entry($0, at: received($0)) } + [entry(kills[5], at: received(kills[5]) + 99)])
    #expect(try answer() == Answer(kills: all, source: "journal", why: nil))
    #expect(try answer("--unit", "batch*") == Answer(kills: kills, source: "journal", why: nil))
    #expect(try answer("--unit", "old") == Answer(kills: [older], source: "journal", why: nil))
    #expect(
      try answer("--since", "@1777890300") == Answer(kills: Array(kills[4...]), source: "journal", why: nil))
    #expect(
      try answer("--since", "2026-05-04 10:25")
        == Answer(kills: Array(kills[4...]), source: "journal", why: nil))
    #expect(try answer("--since", "-1min") == Answer(kills: [], source: "journal", why: nil))
    #expect(
      try run() == BuiltClient.Outcome(status: 0, output: try run().output, complaint: "")
        && run().output.hasSuffix("\n7 kills, from the journal\n"))
  }

  @Test func whatAUserForgedIsNotShown() throws {
    try TestJournal(in: root).append([
      entry(kills[0], trusted: ["_UID": "1000", "_SYSTEMD_UNIT": "user@1000.service"]), entry(kills[1]),
      entry(kills[2], trusted: ["_SYSTEMD_UNIT": "cron.service"]),
    ])
    #expect(try answer() == Answer(kills: [kills[1]], source: "journal", why: nil))
    #expect(
      try run("01234567-1")
        == .init(
          status: 2, output: "",
          complaint:
            "oomguardctl: no kill '01234567-1'; see which there are with: oomguardctl kills\n"))
  }

  @Test func whatOnlyTheDaemonKnowsStandsBesideTheJournals() throws {
    try root.install(.troubled)
    try TestJournal(in: root).append([entry(kills[0])])
    let expected = Answer(
      kills: StatusDocument.troubled.kills.last, source: "journal",
      why: "the journal does not have 6 of them, only the daemon's status")
    #expect(try answer() == expected)
  }

  @Test func withoutAJournalTheDaemonsStatusAnswersAndSaysSo() throws {
    var document = StatusDocument.troubled
    document.kills.total = 8
    try root.install(document, processStartTicks: nil)
    let why =
      "this machine keeps no journal; the daemon's status has no more than the last 7 of this boot"
    #expect(try answer() == Answer(kills: document.kills.last, source: "daemon", why: why))
    #expect(try run().output.hasSuffix("\n7 kills, from the daemon's status; \(why)\n"))
    #expect(
      try run("x").complaint
        == "oomguardctl: no kill 'x'; see which there are with: oomguardctl kills; \(why)\n")
    #expect(
      try run("01234567-2").output.contains(
        "Why this one: not known; the kernel's report is in the journal only\n"))
  }

  @Test func whereNobodyAnswersItSaysWhatToDo() throws {
    let why = "this machine keeps no journal; oomguardd is not installed; install the package 'oomguard'"
    #expect(try run() == .init(status: 3, output: "", complaint: "oomguardctl: \(why)\n"))
    #expect(
      try run("--json")
        == .init(
          status: 3, output: "{\n  \"kills\": [],\n  \"source\": null,\n  \"why\": \"\(why)\"\n}\n",
          complaint: "oomguardctl: \(why)\n"))
    #expect(try run("--since", "soon").status == 2)
    #expect(try run("--unit", "[").status == 2)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can become somebody who may not read"))
  func whoMayNotReadTheJournalIsToldSoAndGetsTheStatus() throws {
    try TestJournal(in: root).append([entry(older)])
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o700],
      ofItemAtPath: "\(root.path)/var/log/journal/0123456789abcdef0123456789abcdef/system.journal")
    let rights = "reading the journal takes root or membership of the group 'systemd-journal' or 'adm'"
    let refused = try BuiltClient.runAsNobody(["kills", "--root", root.path])
    #expect(refused.status == 4 && refused.output == "")
    #expect(refused.complaint.hasPrefix("oomguardctl: \(rights); "))
    try root.install(.troubled)
    let outcome = try BuiltClient.runAsNobody(["kills", "--json", "--root", root.path])
    let answer = try JSONDecoder().decode(Answer.self, from: Data(outcome.output.utf8))
    #expect(outcome.status == 0 && outcome.complaint == "")
    #expect(
      answer
        == Answer(
          kills: StatusDocument.troubled.kills.last, source: "daemon",
          why: "\(rights); the daemon's status has no more than the last 7 of this boot"))
  }

  // MARK: One in full

  private func installReport(_ fixture: String) throws -> (kill: StatusDocument.Kill, id: String) {
    let log = try Fixture.bytes("kernel-logs/6.1/\(fixture)")
    let found = try #require(LogTextReader(log, keepsText: true).kills.first)
    var kill = StatusDocument.Kill(found)
    (kill.id, kill.at, kill.protected) = ("01234567-9", Timestamp(seconds: 1_777_890_000), false)
    try TestJournal(in: root).append([entry(kill, report: String(decoding: found.reportText, as: UTF8.self))])
    return (kill, "01234567-9")
  }

  @Test(arguments: ["global-first", "memcg-simple", "memcg-oomgroup-raw"])
  func aKillIsShownInFullWithItsArithmetic(fixture: String) throws {
    _ = try installReport("\(fixture).kmsg-raw.log")
    let outcome = try run("01234567-9")
    #expect(outcome.status == 0 && outcome.complaint == "")
    // How long ago it was depends on the day.
    let text = outcome.output.replacing(#/\([^()]* ago\)/#, with: "(… ago)")
    #expect(text == String(decoding: try Fixture.bytes("kills/\(fixture).txt"), as: UTF8.self))
  }

  @Test func itSaysWhoseUnitContainerAndPodItWasIn() throws {
    var kill = kills[0]
    (kill.victim.userUnit, kill.victim.container, kill.victim.pod) = ("job.service", "0123456789ab", "7-8-9")
    try TestJournal(in: root).append([entry(kill)])
    #expect(
      try run("01234567-1").output.contains(", user unit job.service, container 0123456789ab, pod 7-8-9, "))
  }

  private struct Full: Decodable {
    struct Task: Decodable, Equatable {
      var pid: Int32
      var badnessKB: Int64?
      enum CodingKeys: String, CodingKey {
        case pid
        case badnessKB = "badness_kb"
      }
    }
    struct Kill: Decodable {
      var scaleKB: Int64?
      var tasks: [Task]?
      var report: String?
      enum CodingKeys: String, CodingKey {
        case scaleKB = "scale_kb"
        case tasks, report
      }
    }
    var kills: [Kill]
  }

  @Test func theJSONOfOneHasItsTableAndReportAsWell() throws {
    let (kill, id) = try installReport("global-first.kmsg-raw.log")
    #expect(try answer(id) == Answer(kills: [kill], source: "journal", why: nil))
    let full = try #require(
      JSONDecoder().decode(Full.self, from: Data(run(id, "--json").output.utf8)).kills.first)
    #expect(full.scaleKB == 480_004)
    #expect(
      full.tasks?.prefix(2) == [.init(pid: 327, badnessKB: 424_388), .init(pid: 157, badnessKB: 976)])
    #expect(full.tasks?.count == 6)
    #expect(full.report?.hasPrefix("hog invoked oom-killer: ") == true)
    #expect(full.report?.hasSuffix(" oom_score_adj:0") == true)
  }
}
