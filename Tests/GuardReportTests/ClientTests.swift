import Foundation
import GuardReport
import GuardStatus
import GuardTestSupport
import Testing

/// The built `oomguardctl`, run as an administrator or a script would: what it prints where, and its status.
struct ClientTests {
  private typealias Outcome = BuiltClient.Outcome

  private let root: TemporaryRoot

  init() throws { root = try TemporaryRoot() }

  private func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
    try BuiltClient.run(arguments, environment: environment).without(root.path)
  }

  private func runAsNobody(_ arguments: String...) throws -> Outcome {
    try BuiltClient.runAsNobody(arguments).without(root.path)
  }

  /// A document whose age does not matter: its daemon looks after things once in ten years.
  private func installPatient(_ change: (inout StatusDocument) -> Void = { _ in }) throws -> StatusDocument {
    var document = StatusDocument.calm
    document.reconcileSeconds = 315_360_000
    document.writtenAt = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
    change(&document)
    try root.install(document)
    return document
  }

  @Test func theVersionIsTheReleases() throws {
    #expect(
      try run("--version") == Outcome(status: 0, output: "oomguardctl \(Release.version)\n", complaint: ""))
  }

  @Test(arguments: [["--no-such"], ["no-such-verb"], ["status", "--root"], ["status", "a", "b"]])
  func aWrongCommandLineIsStatusTwoOnStandardError(arguments: [String]) throws {
    let outcome =
      switch arguments.count {
      case 1: try run(arguments[0])
      case 2: try run(arguments[0], arguments[1])
      default: try run(arguments[0], arguments[1], arguments[2])
      }
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(outcome.complaint.hasPrefix("oomguardctl: "))
  }

  @Test func helpIsNoMistake() throws {
    let outcome = try run("status", "--help")
    #expect(outcome.status == 0 && outcome.complaint == "")
    #expect(outcome.output.contains("--root"))
  }

  @Test func whereNothingIsInstalledItSaysSo() throws {
    let complaint = "oomguardctl: oomguardd is not installed; install the package 'oomguard'\n"
    #expect(try run("status", "--root", root.path) == Outcome(status: 3, output: "", complaint: complaint))
    #expect(
      try run("status", "--json", "--root", root.path)
        == Outcome(
          status: 3,
          output: """
            {
              "daemon": "not-installed",
              "problem": "oomguardd is not installed; install the package 'oomguard'"
            }

            """, complaint: complaint))
  }

  @Test func aDaemonAtWorkIsFine() throws {
    _ = try installPatient()
    let outcome = try run("status", "--root", root.path, environment: ["LANG": "C.UTF-8"])
    #expect(outcome.status == 0 && outcome.complaint == "")
    #expect(outcome.output.hasPrefix("oomguard is running since 2026-05-04 10:00:00 UTC ("))
    #expect(outcome.output.contains("\ndatabase  protect   -900  all          1  1 held\n"))
    #expect(!outcome.output.contains("\u{1b}"))
  }

  @Test func theJSONIsTheDocumentWithDaemonAndPressureOfNow() throws {
    var document = try installPatient()
    try root.write("some avg10=1.50 avg60=0.00 avg300=0.00 total=77\n", to: "proc/pressure/memory")
    let outcome = try run("status", "--json", "--root", root.path)
    #expect(outcome.status == 0 && outcome.complaint == "")
    document.pressure.someAvg10 = Percent(hundredths: 150)
    document.pressure.someTotalUsec = 77
    document.pressure.fullAvg10 = nil
    document.pressure.fullTotalUsec = nil
    document.pressure.availablePercent = nil
    #expect(try JSONDecoder().decode(StatusDocument.self, from: Data(outcome.output.utf8)) == document)
    var object = try #require(JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(object.removeValue(forKey: "daemon") as? String == "running")
    let written = try JSONSerialization.jsonObject(with: Data(root.text(of: "run/oomguard/status.json").utf8))
    #expect(Set(object.keys) == Set(try #require(written as? [String: Any]).keys))
  }

  @Test func aBrokenPromiseIsAFinding() throws {
    _ = try installPatient { $0.rules[0].processes[0].state = .drifted }
    #expect(try run("status", "--root", root.path).status == 1)
    #expect(try run("status", "--json", "--root", root.path).status == 1)
  }

  @Test func oneRuleIsShownAloneAndAnUnknownOneIsWrongUsage() throws {
    var document = try installPatient {
      $0.rules.append(.init(name: "x", kind: .sacrifice, score: 1, scope: nil, matched: 0))
    }
    let outcome = try run("status", "database", "--json", "--root", root.path)
    document.rules.removeLast()
    #expect(
      try JSONDecoder().decode(StatusDocument.self, from: Data(outcome.output.utf8)).rules == document.rules)
    #expect(
      try run("status", "db", "--root", root.path)
        == Outcome(
          status: 2, output: "", complaint: "oomguardctl: no rule 'db'; there is 'database', 'x'\n"))
  }

  @Test func whatADeadDaemonLeftIsShownAsThePast() throws {
    try root.install(.calm, processStartTicks: nil)
    let outcome = try run("status", "--root", root.path)
    #expect(outcome.status == 3)
    #expect(outcome.output.hasPrefix("oomguard is not running; what follows is of 2026-05-04 11:00:00 UTC ("))
    #expect(
      outcome.complaint
        == "oomguardctl: oomguardd is not running: its process 812 is gone, last seen at 2026-05-04 11:00:00 UTC; "
        + "start it with: systemctl start oomguard, and see why with: journalctl -u oomguard\n")
    #expect(
      try run("status", "--json", "--root", root.path).output.hasPrefix("{\n  \"daemon\": \"stopped\",\n"))
  }

  @Test func aHalfWrittenFileIsNamed() throws {
    try root.write(#"{"version": "0.1"#, to: "run/oomguard/status.json")
    let why =
      "'/run/oomguard/status.json' is not a status document: it is half written or not JSON; "
      + "restart the daemon with: systemctl restart oomguard"
    #expect(
      try run("status", "--json", "--root", root.path)
        == Outcome(
          status: 3, output: "{\n  \"daemon\": null,\n  \"problem\": \"\(why)\"\n}\n",
          complaint: "oomguardctl: \(why)\n"))
  }

  @Test func aConfigurationIsCheckedAndItsMistakesGoToStandardError() throws {
    try root.write("skore = 1\n", to: "etc/oomguard.conf")
    let bad = try run("check-config", "--root", root.path)
    #expect(bad.status == 1 && bad.output == "")
    #expect(bad.complaint.hasPrefix("/etc/oomguard.conf:1:1: unknown key 'skore' at top level; "))
    try root.write("[[protect]]\nname = \"a\"\nexe = \"/a\"\nscore = 0\n", to: "etc/oomguard.conf")
    #expect(
      try run("check-config", "--root", root.path)
        == Outcome(status: 0, output: "/etc/oomguard.conf: ok, 1 rule\n", complaint: ""))
    #expect(try run("check-config", "\(root.path)/none").status == 1)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can become somebody who may not read"))
  func whoMayNotReadTheConfigurationIsToldSo() throws {
    try root.write("", to: "secret.conf")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: "\(root.path)/secret.conf")
    let outcome = try runAsNobody("check-config", "\(root.path)/secret.conf")
    #expect(
      outcome
        == Outcome(
          status: 4, output: "",
          complaint: "/secret.conf: Permission denied; run as root, or make it readable\n"))
  }
}
