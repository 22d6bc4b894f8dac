import Foundation
import GuardStatus
import GuardTestSupport
import Testing

extension LiveTests {
  /// Processes that are more, or less, than one thread with memory of its own.
  struct Threads {
    private let stage: Stage
    private let troupe: Troupe
    /// A rule by comm means whoever has it on the whole machine.
    private let comm = "db-\(UUID().uuidString.prefix(8))"

    init() throws {
      stage = try Stage()
      troupe = try Troupe(on: stage)
    }

    private func score(_ pid: Int32) throws -> Int? {
      Int(try Machine.text(of: "/proc/\(pid)/oom_score_adj"))
    }

    @Test(arguments: [
      "exe = \"STAGE/COMM\"", "cmdline = \"^STAGE/COMM \"\nuser = 0", "comm = \"COMM\"\nuser = 0",
    ])
    func aProcessWhoseMainThreadHasEndedLivesOn(selector: String) throws {
      let pid = try troupe.start(comm, score: 500)
      try troupe.tell(pid, "thread")
      try eventually("its main thread has ended") {
        try Machine.text(of: "/proc/\(pid)/stat").contains(") Z ")
      }
      let daemon = try LiveDaemon.running(
        on: stage,
        """
        [guard]
        reconcile_interval = "1h"
        [[protect]]
        name = "database"
        \(selector.replacing("STAGE", with: stage.files.path).replacing("COMM", with: comm))
        score = 0
        """)
      #expect(try score(pid) == 0)
      try daemon.survey()
      #expect(daemon.status?.rules[0].processes.map(\.pid) == [pid])
      try daemon.end(SIGTERM)
      #expect(try score(pid) == 500)
    }

    private var config: String {
      """
      [guard]
      reconcile_interval = "1s"
      [[protect]]
      name = "database"
      comm = "\(comm)"
      user = 0
      score = 0

      """
    }

    /// One that a rule means and one that shares its memory and that no rule means.
    private func neighbours() throws -> (meant: Int32, other: Int32) {
      let meant = try troupe.start(comm, score: 500)
      let other = try troupe.tell(meant, "share")
      try troupe.tell(other, "name other")
      return (meant, other)
    }

    private func scores(_ pids: Int32...) throws -> [Int?] { try pids.map(score) }

    @Test func whoSharesItsMemoryWithAProtectedProcessGetsItsBaseBackWithIt() throws {
      let (meant, other) = try neighbours()
      let daemon = try LiveDaemon.running(on: stage, config)
      #expect(try scores(meant, other) == [0, 0], "the kernel changes both")
      try daemon.survey()
      #expect(daemon.status?.rules[0].processes.map(\.pid) == [meant])
      #expect(daemon.status?.counters.writes == 1 && daemon.status?.counters.repairs == 0)
      try daemon.end(SIGTERM)
      #expect(try scores(meant, other) == [500, 500])
    }

    @Test func whoSharedItsMemoryWithAProtectedProcessThatEndedGetsItsBaseBack() throws {
      let (meant, other) = try neighbours()
      let daemon = try LiveDaemon.running(on: stage, config)
      #expect(try scores(meant, other) == [0, 0])
      try troupe.tell(meant, "exit")
      try eventually("the other has its base") { try score(other) == 500 }
      try daemon.end(SIGKILL)
      #expect(try stage.result(Program.daemon, "--restore") == Outcome(status: 0))
    }

    @Test func whoSharedItsMemoryAndBeginsAProgramGetsItsBaseBackAlone() throws {
      let (meant, other) = try neighbours()
      let daemon = try LiveDaemon.running(on: stage, config)
      try troupe.tell(other, "exec \(troupe.program("another"))")
      try eventually("the other has its base") { try score(other) == 500 }
      #expect(try score(meant) == 0)
      try daemon.end(SIGTERM)
      #expect(try scores(meant, other) == [500, 500])
    }

    /// What the kernel gave to the second with the first is not its own.
    @Test func ofTwoThatShareTheirMemoryAndAreBothMeantEachGetsItsBaseBack() throws {
      let meant = try troupe.start(comm, score: 500)
      let other = try troupe.tell(meant, "share")
      let daemon = try LiveDaemon.running(on: stage, config)
      #expect(try scores(meant, other) == [0, 0])
      let bases = daemon.status?.rules[0].processes.map { ($0.pid, $0.base) } ?? []
      #expect(Dictionary(bases, uniquingKeysWith: { first, _ in first }) == [meant: 500, other: 500])
      #expect(daemon.status?.counters.writes == 1)
      // Under the same name, with memory of its own.
      try troupe.tell(other, "exec \(troupe.program(comm))")
      try daemon.end(SIGTERM)
      #expect(try scores(meant, other) == [500, 500])
    }

    @Test func whatIsForkedByWhoSharesItsMemoryHasTheBase() throws {
      let (meant, other) = try neighbours()
      let daemon = try LiveDaemon.running(on: stage, config)
      #expect(try scores(meant, other) == [0, 0])
      let heir = try troupe.tell(other, "fork")
      try eventually("what is forked in the ordinary way has the base") { try score(heir) == 500 }
      #expect(try scores(meant, other) == [0, 0])
      let last = try troupe.tell(other, "fork")
      try daemon.end(SIGTERM)
      #expect(try scores(meant, other, heir, last) == [500, 500, 500, 500])
    }

    @Test func theBaseOfWhoSharesItsMemoryIsKnownAfterACrash() throws {
      let (meant, other) = try neighbours()
      let daemon = try LiveDaemon.running(on: stage, config)
      #expect(try scores(meant, other) == [0, 0])
      try daemon.end(SIGKILL)
      try troupe.tell(meant, "exit")
      #expect(
        try stage.result(Program.daemon, "--restore")
          == Outcome(status: 0, output: "restore \(other) (other) 0 -> 500\n"))
      #expect(try score(other) == 500)
    }

    @Test(.enabled(if: OwnCgroup.unitTop != nil, "no hierarchy of systemd's can be written to here"))
    func aChildThatSharesTheMainProcessesMemoryIsNotFoughtOver() throws {
      let cgroup = try OwnCgroup.unit()
      let main = try troupe.start(comm, score: 500)
      try troupe.tell(main, "write \(cgroup.path)/cgroup.procs 0")
      let plain = try troupe.tell(main, "fork")
      let daemon = try LiveDaemon.running(
        on: stage, config.replacing("comm = \"\(comm)\"\nuser = 0", with: "unit = \"\(cgroup.name)\""))
      #expect(try scores(main, plain) == [0, 500])
      let (child, forked) = try (troupe.tell(main, "share"), troupe.tell(main, "fork"))
      try eventually("what was forked has the base") { try score(forked) == 500 }
      let surveys = try #require(daemon.status?.counters.surveys)
      try eventually("it has looked again") { try #require(daemon.status?.counters.surveys) > surveys + 1 }
      #expect(try scores(main, child) == [0, 0], "one memory, one score")
      #expect(daemon.status?.counters.repairs == 0)
      try troupe.tell(main, "exit")
      try eventually("the child has the base, or is the main one now") {
        daemon.status?.rules[0].processes.isEmpty == false
      }
      try daemon.end(SIGTERM)
      #expect(try scores(plain, child, forked) == [500, 500, 500])
      for pid in [plain, child, forked] { try troupe.tell(pid, "exit") }
      withExtendedLifetime(cgroup) {}
    }
  }
}
