import Foundation
import GuardStatus
import GuardTestSupport
import Testing

extension LiveTests {
  /// The kernel's OOM killer at work, in a memory cgroup of 32 MiB that only the test's own process is in.
  @Suite(.enabled(if: MemoryCgroup.whyNone == nil, Comment(rawValue: MemoryCgroup.whyNone ?? "")))
  struct Kills {
    private let stage: Stage
    private let cgroup: MemoryCgroup
    private let turn: KernelKills

    init() throws { (turn, stage, cgroup) = (try KernelKills(.few), try Stage(), try MemoryCgroup()) }

    private enum Kind: String { case protect, sacrifice }

    private func hogRule(_ kind: Kind, score: Int) -> String {
      """
      [guard]
      reconcile_interval = "1h"
      [[\(kind.rawValue)]]
      name = "hogs"
      exe = "\(stage.files.path)/hog"
      score = \(score)

      """
    }

    /// As `oomguardctl status --json` tells them.
    private func kills() throws -> StatusDocument.Kills {
      let outcome = try stage.result(Program.client, "status", "--json")
      return try JSONDecoder().decode(StatusDocument.self, from: Data(outcome.output.utf8)).kills
    }

    private func told(of pid: Int32) throws -> [StatusDocument.Kill] {
      try kills().last.filter { $0.victim.pid == pid }
    }

    private func now() -> Timestamp { Timestamp(seconds: Int64(Date().timeIntervalSince1970)) }

    /// Eats until killed, and returns the kill as the test itself reads it off the kernel's log.
    private func kill(_ hog: Hog, protected: Bool?, rule: String?) throws -> StatusDocument.Kill {
      try hog.eatUntilKilled()
      return try #require(
        try KernelMessages().kill(of: hog.puppet.pid, at: now(), protected: protected, rule: rule))
    }

    /// Compares all but the time, which must lie within the test's own.
    private func expect(
      _ told: [StatusDocument.Kill], toBe expected: StatusDocument.Kill, since start: Timestamp,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      var kill = expected
      kill.at = told.first?.at ?? start
      #expect(told == [kill], sourceLocation: sourceLocation)
      // The log's clock and ours differ by a little.
      let slack: Int64 = 5_000_000
      let range = (start.microsecondsSinceEpoch - slack)...(now().microsecondsSinceEpoch + slack)
      let at = told.first?.at?.microsecondsSinceEpoch
      #expect(at.map { range.contains($0) } == true, sourceLocation: sourceLocation)
    }

    @Test func theKillOfASacrificedProcessIsToldOnceInFull() throws {
      let start = now()
      let daemon = try LiveDaemon.running(on: stage, hogRule(.sacrifice, score: 500))
      let hog = try Hog(on: stage, score: 100, in: cgroup)
      try daemon.survey()
      #expect(try hog.puppet.score == 500)
      let expected = try kill(hog, protected: false, rule: "hogs")
      #expect(expected.limitCgroup == cgroup.name && expected.victim.comm == "hog")
      #expect(expected.victim.score == 500 && expected.constraint == .memcg)
      #expect(try #require(expected.victim.anonRSSKB) > 16_000)
      try eventually("the kill is told") { try !told(of: hog.puppet.pid).isEmpty }
      expect(try told(of: hog.puppet.pid), toBe: expected, since: start)
      try daemon.survey()
      expect(try told(of: hog.puppet.pid), toBe: expected, since: start)
      #expect(try kills().protected == 0)
      #expect(daemon.logLines.count { $0.contains("the kernel killed hog (\(hog.puppet.pid))") } == 1)
    }

    @Test func aProtectedVictimIsToldAsSuch() throws {
      let start = now()
      let daemon = try LiveDaemon.running(on: stage, hogRule(.protect, score: 0))
      let hog = try Hog(on: stage, score: 500, in: cgroup)
      try daemon.survey()
      #expect(try hog.puppet.score == 0)
      let expected = try kill(hog, protected: true, rule: "hogs")
      try eventually("the kill is told") { try !told(of: hog.puppet.pid).isEmpty }
      expect(try told(of: hog.puppet.pid), toBe: expected, since: start)
      #expect(try kills().protected == 1)
      let size = try #require(expected.victim.anonRSSKB)
      #expect(
        daemon.logLines.contains(
          "<2>the kernel killed hog (\(hog.puppet.pid)): the limit of \(cgroup.name) was hit, "
            + "it held \(size) KiB of anonymous memory; it was PROTECTED by rule 'hogs'"))
    }

    @Test func aProcessThatNoRuleMeansIsToldToo() throws {
      let start = now()
      let daemon = try LiveDaemon.running(
        on: stage, hogRule(.protect, score: 0).replacing("/hog\"", with: "/nothing\""))
      let hog = try Hog(on: stage, score: 300, in: cgroup)
      let expected = try kill(hog, protected: false, rule: nil)
      try eventually("the kill is told") { try !told(of: hog.puppet.pid).isEmpty }
      expect(try told(of: hog.puppet.pid), toBe: expected, since: start)
      #expect(daemon.process.isRunning)
    }

    @Test func aKillWhileNobodyLookedIsToldOnceByTheNextDaemon() throws {
      let start = now()
      let first = try LiveDaemon.running(on: stage, hogRule(.sacrifice, score: 500))
      let hog = try Hog(on: stage, score: 500, in: cgroup)
      try first.survey()
      try first.end(SIGKILL)
      let expected = try kill(hog, protected: nil, rule: nil)
      let second = try LiveDaemon.running(on: stage)
      expect(try told(of: hog.puppet.pid), toBe: expected, since: start)
      let line = "the kernel killed hog (\(hog.puppet.pid))"
      #expect(second.logLines.count { $0.contains(line) } == 1)
      let total = try kills().total
      try second.end(SIGTERM)
      let third = try LiveDaemon.running(on: stage)
      expect(try told(of: hog.puppet.pid), toBe: expected, since: start)
      #expect(third.logLines.count { $0.contains(line) } == 0)
      // Others on this machine may have made kills of their own meanwhile.
      #expect(try kills().total >= total)
    }

    /// In a time namespace the clocks are as far apart as after a suspend of a thousand seconds.
    @Test(
      .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/ns/time"), "no time namespaces here"))
    func timeAsleepMakesNoKillOlder() throws {
      let start = now()
      let early = try Hog(on: stage, score: 500, in: cgroup)
      let before = try kill(early, protected: nil, rule: nil)
      let daemon = try LiveDaemon(
        on: stage, hogRule(.sacrifice, score: 500),
        through: ["/usr/bin/unshare", "--time", "--boottime", "1000"])
      try eventually("the earlier kill is told") {
        try daemon.status?.pid == daemon.pid && !told(of: early.puppet.pid).isEmpty
      }
      expect(try told(of: early.puppet.pid), toBe: before, since: start)
      let hog = try Hog(on: stage, score: 500, in: cgroup)
      try daemon.survey()
      let expected = try kill(hog, protected: false, rule: "hogs")
      try eventually("the kill is told") { try !told(of: hog.puppet.pid).isEmpty }
      expect(try told(of: hog.puppet.pid), toBe: expected, since: start)
    }

    /// Root alone can write to the log, but a program of root's may repeat what a user wrote.
    @Test func whatAProgramWritesIntoTheKernelLogIsNotBelieved() throws {
      let daemon = try LiveDaemon.running(on: stage, hogRule(.sacrifice, score: 500))
      let bystander = try Puppet(as: "bystander", on: stage, score: 500)
      let line =
        "Memory cgroup out of memory: Killed process \(bystander.pid) (bystander) total-vm:4096kB, "
        + "anon-rss:1024kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:40kB oom_score_adj:500"
      // <4> asks for the kernel's own facility; the kernel does not give it away.
      for prefix in ["<4>", "<12>", ""] { try Machine.write("\(prefix)\(line)\n", to: "/dev/kmsg") }
      let written = try KernelMessages().records.filter { $0.text == line }
      #expect(written.map(\.facility) == [1, 1, 1])
      // A real one after it: when that is told, the others were read.
      let hog = try Hog(on: stage, score: 500, in: cgroup)
      try hog.eatUntilKilled()
      try eventually("the kill is told") { try !told(of: hog.puppet.pid).isEmpty }
      #expect(try told(of: bystander.pid) == [])
      #expect(!daemon.log.contains("bystander"))
    }
  }
}
