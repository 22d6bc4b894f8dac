import Foundation
import GuardStatus
import GuardTestSupport
import Testing

extension LiveTests {
  /// Children of a main process that alone is meant.
  @Suite(.enabled(if: OwnCgroup.unitTop != nil, "no hierarchy of systemd's can be written to here"))
  struct Children {
    private let stage: Stage
    private let troupe: Troupe
    private let cgroup: OwnCgroup
    private let config: String

    init() throws {
      stage = try Stage()
      troupe = try Troupe(on: stage)
      cgroup = try OwnCgroup.unit()
      config = """
        [guard]
        reconcile_interval = "1h"
        [[protect]]
        name = "unit"
        unit = "\(cgroup.name)"
        score = 40
        """
    }

    private func scores(_ pids: Int32...) throws -> [String] {
      try pids.map { try Machine.text(of: "/proc/\($0)/oom_score_adj") }
    }

    private func pids() throws -> [Int32] {
      try Machine.text(of: "\(cgroup.path)/cgroup.procs").split(separator: "\n").compactMap { Int32($0) }
    }

    private func enter(_ pid: Int32) throws { try troupe.tell(pid, "write \(cgroup.path)/cgroup.procs 0") }

    /// The cgroup goes when all have left it.
    private func end(_ pids: Int32...) throws { for pid in pids { try troupe.tell(pid, "exit") } }

    @Test func whoIsForkedWhileNobodyIsThereHasTheBaseOnceSomebodyIs() throws {
      let main = try troupe.start("main", score: 500)
      try enter(main)
      let first = try LiveDaemon.running(on: stage, config)
      try first.end(SIGKILL)
      let (child, own) = try (troupe.tell(main, "fork"), troupe.tell(main, "fork"))
      try troupe.tell(own, "score 300")
      #expect(try scores(main, child, own) == ["40", "40", "300"])
      let second = try LiveDaemon.running(on: stage)
      try eventually("the child has the base") { try scores(child) == ["500"] }
      #expect(try scores(main, own) == ["40", "300"])
      #expect(second.status?.rules[0].processes.map(\.pid) == [main])
      try second.end(SIGTERM)
      #expect(try scores(main, child, own) == ["500", "500", "300"])
      try end(child, own, main)
    }

    /// Whose forks the daemon asks to be told of only then.
    @Test func childrenOfAMainProcessThatCameAfterTheStartHaveTheBase() throws {
      let daemon = try LiveDaemon.running(on: stage, config)
      for name in ["first", "second"] {
        let main = try troupe.start(name, score: 500)
        try enter(main)
        try eventually("\(name) is protected") { try scores(main) == ["40"] }
        let child = try troupe.tell(main, "fork")
        try eventually("the child of \(name) has the base") { try scores(child) == ["500"] }
        #expect(try scores(main, child) == ["40", "500"])
        try end(child, main)
      }
      #expect(try daemon.end(SIGTERM) == 0)
    }

    /// PostgreSQL's and sshd's do, each after a little while of its own.
    @Test func aScoreThatAChildWritesAtItsBirthStays() throws {
      let main = try troupe.start("main", score: 500)
      try enter(main)
      let daemon = try LiveDaemon.running(on: stage, config)
      let count = 1000
      #expect(try troupe.tell(main, "brood \(count)") == count)
      let silent = try troupe.tell(main, "fork")
      // All are looked at by then, since it is the last.
      try eventually("who writes nothing has the base") { try scores(silent) == ["500"] }
      let brood = try pids().filter { $0 != main && $0 != silent }
      #expect(try brood.map { try scores($0)[0] } == Array(repeating: "300", count: count))
      try daemon.end(SIGTERM)
      #expect(try scores(main) == ["500"])
      for pid in brood { kill(pid, SIGKILL) }
      try end(silent, main)
    }

    @Test func whatIsForkedJustBeforeTheEndHasTheBase() throws {
      let main = try troupe.start("main", score: 500)
      try enter(main)
      let daemon = try LiveDaemon.running(on: stage, config)
      daemon.signal(SIGSTOP)
      daemon.signal(SIGTERM)
      let child = try troupe.tell(main, "fork")
      #expect(try daemon.end(SIGCONT) == 0)
      #expect(try scores(main, child) == ["500", "500"])
      try end(child, main)
    }

    /// Of a score that is the promised one it cannot be told that nobody inherited it.
    @Test func whoJoinsUnseenWithThePromisedScoreHasTheBaseAfterASurvey() throws {
      let main = try troupe.start("main", score: 500)
      try enter(main)
      let daemon = try LiveDaemon.running(on: stage, config)
      let (equal, higher) = try (troupe.start("equal", score: 40), troupe.start("higher", score: 300))
      daemon.signal(SIGSTOP)
      try cgroup.overrun()
      for pid in [equal, higher] { try enter(pid) }
      daemon.signal(SIGCONT)
      try eventually("it has the base") { try scores(equal) == ["500"] }
      #expect(try scores(main, higher) == ["40", "300"])
      try daemon.end(SIGTERM)
      #expect(try scores(main, equal, higher) == ["500", "500", "300"])
      try end(equal, higher, main)
    }
  }
}
