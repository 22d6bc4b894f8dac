import Foundation
import GuardStatus
import GuardTestSupport
import Testing

/// The built daemon on this machine's kernel. One after the other: each has processes of its own to guard, but
/// they share the kernel's log and two cores.
@Suite(
  .serialized, .enabled(if: Machine.whyNotLive == nil, Comment(rawValue: Machine.whyNotLive ?? "")))
enum LiveTests {}

extension LiveTests {
  struct Promises {
    private let stage: Stage

    init() throws { stage = try Stage() }

    /// Protects `name` of the stage; 0 is as low as a score goes without CAP_SYS_RESOURCE.
    private func protect(_ names: String..., score: Int = 0, interval: String = "1s", more: String = "")
      -> String
    {
      var text = "[guard]\nreconcile_interval = \"\(interval)\"\n\(more)\n"
      for name in names {
        text += "[[protect]]\nname = \"\(name)\"\nexe = \"\(stage.files.path)/\(name)\"\nscore = \(score)\n"
      }
      return text
    }

    private func shown(
      _ puppet: Puppet, score: Int16, base: Int16, state: StatusDocument.Process.State = .held,
      error: String? = nil
    ) throws -> StatusDocument.Process {
      let comm = try Machine.text(of: "/proc/\(puppet.pid)/comm")
      let lines = try Machine.text(of: "/proc/\(puppet.pid)/cgroup").split(separator: "\n")
      let line = try #require(
        lines.first { $0.contains(":name=systemd:") } ?? lines.first { $0.hasPrefix("0::") })
      let cgroup = String(line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)[2])
      // Where the tests run below a unit of systemd's, so do their processes.
      let unit = cgroup.split(separator: "/").last { $0.hasSuffix(".service") || $0.hasSuffix(".scope") }
      return StatusDocument.Process(
        pid: puppet.pid, comm: comm, unit: unit.map { String($0) }, cgroup: cgroup, score: score, base: base,
        state: state, error: error)
    }

    @Test func aCrowdIsLookedAtLongBeforeItsTime() throws {
      let daemon = try LiveDaemon.running(on: stage, protect("database", interval: "1h"))
      let before = try #require(daemon.status?.counters.surveys)
      let crowd = try (0..<300).map { _ in try Puppet(as: "database", on: stage, score: 500) }
      try eventually("all are looked at") { daemon.status?.counters.surveys ?? 0 > before }
      try eventually("all are held") { daemon.status?.rules[0].matched == 300 }
      withExtendedLifetime(crowd) {}
    }

    @Test func aProcessThatIsThereGetsItsScoreAndOneThatComesLaterToo() throws {
      let early = try Puppet(as: "database", on: stage, score: 500)
      let daemon = try LiveDaemon.running(on: stage, protect("database", "other"))
      try early.eventuallyHolds(0)
      #expect(daemon.status?.rules[0].processes == [try shown(early, score: 0, base: 500)])
      let late = try Puppet(as: "database", on: stage, score: 300)
      // Nobody wakes it: the reconcile timer does.
      try late.eventuallyHolds(0)
      let both = try [shown(early, score: 0, base: 500), shown(late, score: 0, base: 300)]
        .sorted { $0.pid < $1.pid }
      try eventually("both are shown") { daemon.status?.rules[0].processes == both }
      #expect(daemon.status?.rules[0].matched == 2)
      #expect(
        daemon.status?.rules[1]
          == .init(
            name: "other", kind: .protect, score: 0, scope: nil, matched: 0, warning: "it matches no process")
      )
      #expect(daemon.status?.counters.writes == 2)
    }

    @Test func driftIsRepairedAndTheBaseStays() throws {
      let puppet = try Puppet(as: "database", on: stage, score: 500)
      let daemon = try LiveDaemon.running(on: stage, protect("database"))
      try puppet.eventuallyHolds(0)
      try puppet.grownUp()
      try puppet.write(score: 700)
      try puppet.eventuallyHolds(0)
      try eventually("the repair is counted") { daemon.status?.counters.repairs == 1 }
      #expect(daemon.status?.rules[0].processes == [try shown(puppet, score: 0, base: 500)])
      #expect(
        daemon.logLines.contains(
          "<5>score of database (\(puppet.pid)) was changed, by itself or by somebody else; rule 'database' sets it to 0 again"
        ))
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func aStopGivesTheBaseBack(signal: Int32) throws {
      let puppet = try Puppet(as: "database", on: stage, score: 500)
      let daemon = try LiveDaemon.running(on: stage, protect("database", interval: "1h"))
      #expect(try puppet.score == 0)
      #expect(try daemon.end(signal) == 0)
      #expect(try puppet.score == 500)
      #expect(daemon.status?.state == .stopping)
      let boot = try Machine.bootID
      let state = try Machine.text(of: "\(stage.run)/oomguard/state").split(separator: "\n")
      #expect(state.first == "boot \(boot)" && !state.contains { $0.hasPrefix("base ") })
    }

    @Test func aStopLeavesTheScoresIfToldSoAndTheNextDaemonKnowsTheBase() throws {
      let puppet = try Puppet(as: "database", on: stage, score: 500)
      let config = protect("database", interval: "1h", more: "restore_on_stop = false")
      let first = try LiveDaemon.running(on: stage, config)
      #expect(try first.end(SIGTERM) == 0)
      #expect(try puppet.score == 0)
      let second = try LiveDaemon.running(on: stage, protect("database", interval: "1h"))
      #expect(second.status?.rules[0].processes == [try shown(puppet, score: 0, base: 500)])
      #expect(try second.end(SIGTERM) == 0)
      #expect(try puppet.score == 500)
    }

    @Test func aDaemonThatWasKilledLosesNoBase() throws {
      let puppet = try Puppet(as: "database", on: stage, score: 500)
      let first = try LiveDaemon.running(on: stage, protect("database", interval: "1h"))
      #expect(try first.end(SIGKILL) == -SIGKILL)
      #expect(try puppet.score == 0)
      let second = try LiveDaemon.running(on: stage)
      #expect(second.status?.rules[0].processes == [try shown(puppet, score: 0, base: 500)])
      #expect(try second.end(SIGTERM) == 0)
      #expect(try puppet.score == 500)
    }

    @Test func whatAKilledDaemonLeftCanBeRestoredByHand() throws {
      let puppet = try Puppet(as: "database", on: stage, score: 500)
      let daemon = try LiveDaemon.running(on: stage, protect("database", interval: "1h"))
      #expect(
        try stage.result(Program.daemon, "--restore")
          == Outcome(
            status: 1, complaint: "oomguardd: already running as pid \(daemon.pid); stop it first\n"))
      try daemon.end(SIGKILL)
      #expect(
        try stage.result(Program.daemon, "--restore")
          == Outcome(status: 0, output: "restore \(puppet.pid) (database) 0 -> 500\n"))
      #expect(try puppet.score == 500)
      #expect(try stage.result(Program.daemon, "--restore") == Outcome(status: 0))
    }

    @Test func aChildHasItsParentsBase() throws {
      let input = Pipe()
      let sleeper = try stage.program("sleep", as: "work/sleeper")
      let shell = try Puppet(
        "sh", ["-c", "read line; \"$0\" 600 & echo $! >\"$0.pid\"; wait", sleeper], as: "work/shell",
        on: stage,
        score: 500, input: input)
      let config = """
        [guard]
        reconcile_interval = "1h"
        [[protect]]
        name = "work"
        exe = "\(stage.files.path)/work/*"
        score = 0
        """
      let daemon = try LiveDaemon.running(on: stage, config)
      #expect(try shell.score == 0)
      try input.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
      try eventually("the child runs") { (try? Machine.text(of: "\(sleeper).pid")) ?? "" != "" }
      let child = try #require(Int32(try Machine.text(of: "\(sleeper).pid")))
      defer { kill(child, SIGKILL) }
      try daemon.survey()
      let listed = try #require(daemon.status?.rules[0].processes)
      #expect(
        Set(listed.map { "\($0.pid) \($0.score ?? 1) \($0.base ?? 1)" }) == [
          "\(shell.pid) 0 500", "\(child) 0 500",
        ])
      // What it inherited was no write of ours.
      #expect(daemon.status?.counters.writes == 1)
      try daemon.end(SIGTERM)
      #expect(
        try [shell.pid, child].map { try Machine.text(of: "/proc/\($0)/oom_score_adj") } == ["500", "500"])
    }

    @Test func aReloadTakesUpNewRulesAndGivesBackWhatIsNoLongerMeant() throws {
      let (one, two) = try (
        Puppet(as: "one", on: stage, score: 500), Puppet(as: "two", on: stage, score: 400)
      )
      let daemon = try LiveDaemon.running(on: stage, protect("one", interval: "1h"))
      #expect(try [one.score, two.score] == [0, 400])
      try stage.files.write(protect("two", interval: "1h"), to: LiveDaemon.configName)
      try daemon.survey()
      #expect(try [one.score, two.score] == [500, 0])
      #expect(daemon.status?.rules.map(\.name) == ["two"])
      #expect(
        daemon.logLines.contains("<6>one (\(one.pid)) got the base score 500 back; was held by rule 'one'"))
    }

    @Test func aReloadOfABrokenFileChangesNothingAndSaysSo() throws {
      let puppet = try Puppet(as: "one", on: stage, score: 500)
      let good = protect("one", interval: "1h")
      let daemon = try LiveDaemon.running(on: stage, good)
      let loaded = try #require(daemon.status).config
      try stage.files.write(
        protect("two", interval: "2h").replacing("exe", with: "exxe"), to: LiveDaemon.configName)
      try daemon.survey()
      let path = LiveDaemon.configPath(on: stage)
      let error =
        "\(path):2:22: 'reconcile_interval' is the string '2h'; "
        + "write a duration from \"1s\" to \"1h\", a whole number of ms, s, min or h\n"
        + "\(path):6:1: unknown key 'exxe' in [[protect]]; did you mean 'exe'?"
      #expect(daemon.status?.config == .init(files: loaded.files, loadedAt: loaded.loadedAt, error: error))
      #expect(daemon.status?.rules[0].processes == [try shown(puppet, score: 0, base: 500)])
      let lines = "the old configuration stays in force: \(error)".split(separator: "\n").map { "<3>\($0)\n" }
      #expect(daemon.log.contains(lines.joined()))
      try stage.files.write(good, to: LiveDaemon.configName)
      try daemon.survey()
      #expect(daemon.status?.config.error == nil)
    }

    @Test func aProgramThatWasReplacedWhileRunningIsStillMeant() throws {
      let puppet = try Puppet(as: "database", on: stage, score: 500)
      try FileManager.default.removeItem(atPath: puppet.path)
      let daemon = try LiveDaemon.running(on: stage, protect("database", interval: "1h"))
      #expect(try puppet.score == 0)
      #expect(daemon.status?.rules[0].processes.map(\.pid) == [puppet.pid])
    }

    /// Anybody can do this in a user namespace: the path is right, the file is not.
    @Test func aPathThatIsAnotherFileOnTheHostIsNotBelieved() throws {
      let real = try Puppet(as: "database", on: stage, score: 500)
      let impostor = try stage.program("sleep", as: "impostor")
      let liar = Process()
      liar.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
      liar.arguments = [
        "--mount", "/bin/sh", "-c",
        "mount --bind \"$1\" \"$0\"; echo 500 >/proc/self/oom_score_adj; exec \"$0\" 600", real.path,
        impostor,
      ]
      try liar.run()
      defer { kill(liar.processIdentifier, SIGKILL) }
      let link = "/proc/\(liar.processIdentifier)/exe"
      try eventually("the liar runs") {
        try FileManager.default.destinationOfSymbolicLink(atPath: link) == real.path
      }
      let daemon = try LiveDaemon.running(on: stage, protect("database", interval: "1h"))
      #expect(daemon.status?.rules[0].processes.map(\.pid) == [real.pid])
      #expect(try Machine.text(of: "/proc/\(liar.processIdentifier)/oom_score_adj") == "500")
    }

    @Test(.disabled(if: Machine.hasSysResource, "this process may lower scores"))
    func whereScoresCannotBeLoweredItSaysSoOnceAndGoesOn() throws {
      let stubborn = try Puppet(as: "database", on: stage, score: 0)
      let other = try Puppet(as: "other", on: stage, score: 500)
      let daemon = try LiveDaemon.running(
        on: stage,
        protect("database", score: -500)
          + protect("other", interval: "1s").replacing("[guard]", with: "")
          .replacing("reconcile_interval = \"1s\"", with: ""))
      try daemon.survey()
      let why =
        "/proc/\(stubborn.pid)/oom_score_adj: Permission denied; "
        + "lowering it takes CAP_SYS_RESOURCE outside of any user namespace"
      #expect(
        daemon.status?.rules[0].processes
          == [try shown(stubborn, score: 0, base: 0, state: .refused, error: why)])
      #expect(try other.score == 0)
      #expect(daemon.status?.state == .degraded)
      #expect(
        daemon.status?.degraded.first { $0.what == "cannot-lower-scores" }
          == .init(what: "cannot-lower-scores", why: "/proc/\(daemon.pid)/oom_score_adj: Permission denied"))
      #expect(
        daemon.logLines.count { $0.contains("wants database (\(stubborn.pid)) to have score -500") } == 1)
    }
  }
}
