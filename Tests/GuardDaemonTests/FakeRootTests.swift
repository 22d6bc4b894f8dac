import Foundation
import GuardStatus
import GuardTestSupport
import Testing

/// The scenarios again, but in earnest: the built daemon writes below a copy of each, and gives back.
struct FakeRootTests {
  private static let names: [String] = {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: Fixture.path("scenarios"))) ?? []
    return all.filter {
      !$0.hasPrefix(".")
        && !FileManager.default.fileExists(atPath: Fixture.path("scenarios/\($0)/status.expected"))
    }.sorted()
  }()

  /// What each `oom_score_adj` of the root holds, by pid.
  private func scores(_ root: String) throws -> [String: String] {
    var scores: [String: String] = [:]
    for pid in try FileManager.default.contentsOfDirectory(atPath: "\(root)/proc") {
      guard let bytes = FileManager.default.contents(atPath: "\(root)/proc/\(pid)/oom_score_adj") else {
        continue
      }
      scores[pid] = String(decoding: bytes, as: UTF8.self)
    }
    return scores
  }

  @Test(arguments: names)
  func everyScoreIsWrittenAndGivenBack(scenario: String) throws {
    let root = try TemporaryRoot.scenario(scenario)
    let before = try scores(root.path)
    let actions = try root.text(of: "actions.expected").split(separator: "\n")
    var after = before
    for action in actions {
      let match = try #require(action.firstMatch(of: #/^promise (\d+) \(.*\) (-?\d+) -> (-?\d+) by '.*'$/#))
      #expect(before[String(match.1)] == "\(match.2)\n")
      after[String(match.1)] = "\(match.3)\n"
    }
    let once = try Program.run([Program.daemon, "--root", root.path, "--once"])
    #expect(once.status == 0 && once.output == "")
    #expect(try scores(root.path) == after)

    let restored = try Program.run([Program.daemon, "--root", root.path, "--restore"])
    let expected = actions.map { action in
      action.replacing(#/^promise (\d+ \(.*\)) (-?\d+) -> (-?\d+) by '.*'$/#) {
        "restore \($0.1) \($0.3) -> \($0.2)"
      }
    }
    #expect(restored == Outcome(status: 0, output: expected.map { "\($0)\n" }.joined()))
    #expect(try scores(root.path) == before)
    let again = try Program.run([Program.daemon, "--root", root.path, "--restore"])
    #expect(again == Outcome(status: 0))
  }

  /// The whole text, since scripts rely on its names; what differs from run to run is blotted out.
  @Test func theStatusFileHasExactlyTheseFields() throws {
    let root = try TemporaryRoot.scenario("unit-v2")
    _ = try Program.run([Program.daemon, "--root", root.path, "--once"])
    let text = try root.text(of: "run/oomguard/status.json")
      .replacingOccurrences(of: root.path, with: "")
      .replacing(#/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"/#, with: "\"TIME\"")
      .replacing(
        #/^{"version":"[^"]+","pid":\d+,"start_ticks":\d+,/#,
        with: "{\"version\":VERSION,\"pid\":PID,\"start_ticks\":TICKS,"
      )
      // Of the machine the test runs on, not of the root.
      .replacing(#/,{"what":"no-systemd","why":"[^"]*"}/#, with: "")
    #expect(try text == String(contentsOfFile: Fixture.path("status/once.json"), encoding: .utf8))
    let mode = try FileManager.default.attributesOfItem(atPath: "\(root.path)/run/oomguard/status.json")
    #expect(mode[.posixPermissions] as? Int == 0o644)
  }

  @Test func aDryRunTellsItsStatusAndLeavesTheScores() throws {
    let root = try TemporaryRoot.scenario("unit-v2")
    let before = try scores(root.path)
    let process = try RunningDaemon(["--root", root.path, "--dry-run"])
    defer { process.stop() }
    let path = "\(root.path)/run/oomguard/status.json"
    try eventually("the status is told") { FileManager.default.fileExists(atPath: path) }
    let status = try JSONDecoder().decode(
      StatusDocument.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(status.dryRun)
    #expect(status.rules[0].processes.map(\.state) == [.pending, .pending])
    #expect(try scores(root.path) == before)
  }

  @Test func twoThousandUnitsAreHeldAndGivenBack() throws {
    let root = try TemporaryRoot.scenario("nothing-to-do")
    try root.write(
      "[[protect]]\nname = \"units\"\nunit = \"unit@*.service\"\nscore = -500\n", to: "etc/oomguard.conf")
    var wanted = try scores(root.path)
    let before = wanted
    for number in 0..<2000 {
      // The main one, by whom the other was started, and whose score alone is held.
      let (main, child) = (10_000 + 2 * number, 10_001 + 2 * number)
      try root.write(
        "\(child)\n\(main)\n", to: "sys/fs/cgroup/system.slice/unit@\(number).service/cgroup.procs")
      try root.addProcess(main, "main", score: number % 1000)
      try root.addProcess(child, "child", score: 7, parent: main)
      (wanted["\(main)"], wanted["\(child)"]) = ("-500\n", "7\n")
    }
    #expect(try Program.run([Program.daemon, "--root", root.path, "--once"]).status == 0)
    #expect(try scores(root.path) == wanted)
    let status = try JSONDecoder().decode(
      StatusDocument.self, from: Data(root.text(of: "run/oomguard/status.json").utf8))
    #expect(status.rules.map(\.matched) == [2000] && status.rules[0].processes.count == 64)
    #expect(try Program.run([Program.daemon, "--root", root.path, "--restore"]).status == 0)
    for number in 0..<2000 {
      (wanted["\(10_000 + 2 * number)"]) = "\(number % 1000)\n"
    }
    #expect(try scores(root.path) == wanted)
    #expect(before.allSatisfy { wanted[$0.key] == $0.value })
  }

  @Test func aStateOfAnotherBootOrAnotherProcessIsNotBelieved() throws {
    let root = try TemporaryRoot.scenario("unit-v2")
    try root.write("this-boot\n", to: "proc/sys/kernel/random/boot_id")
    // Not what its parent carries, which it would have from that.
    try root.write("5\n", to: "proc/101/oom_score_adj")
    let before = try scores(root.path)
    try root.write("boot another-boot\nbase 100 10000 7\n", to: "run/oomguard/state")
    #expect(try Program.run([Program.daemon, "--root", root.path, "--restore"]) == Outcome(status: 0))
    // pid 101 was somebody else's when this was noted; 102's line is torn.
    try root.write(
      "boot this-boot\nbase 100 10000 7\nbase 101 10101 8\nbase 102 10200 9", to: "run/oomguard/state")
    #expect(
      try Program.run([Program.daemon, "--root", root.path, "--restore"])
        == Outcome(status: 0, output: "restore 100 (postgres) 0 -> 7\n"))
    #expect(try scores(root.path) == before.merging(["100": "7\n"]) { $1 })
  }

  @Test(arguments: [
    "boot \nbase\nbase 1\nbase x y z\nbase 100 10000 1001\nbase -1 0 0\ntold 1\n",
    "", "boot", "\u{0}\u{0}\n",
  ])
  func ofAStateThatIsNoneNothingIsBelieved(text: String) throws {
    let root = try TemporaryRoot.scenario("unit-v2")
    try root.write(text, to: "run/oomguard/state")
    let before = try scores(root.path)
    let complaint =
      "oomguardd: '/run/oomguard/state' holds no state, in \(text.utf8.count) bytes; "
      + "set the scores back yourself, or restart the services\n"
    #expect(
      try Program.run([Program.daemon, "--root", root.path, "--restore"])
        == (text.hasPrefix("boot ") ? Outcome(status: 0) : Outcome(status: 1, complaint: complaint)))
    #expect(try scores(root.path) == before)
    let once = try Program.run([Program.daemon, "--root", root.path, "--once"])
    #expect(once.status == 0)
    #expect(try scores(root.path) == before.merging(["100": "-900\n", "101": "-900\n"]) { $1 })
  }
}

/// A daemon that stays, for tests that need no stage.
final class RunningDaemon {
  private let process = Process()

  init(_ options: [String]) throws {
    process.executableURL = URL(fileURLWithPath: Program.daemon)
    process.arguments = options
    process.environment = [:]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  func stop() {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
