import Foundation
import GuardStatus
import GuardTestSupport
import Testing

extension LiveTests {
  /// Where there is very little time, or no right to.
  struct Limits {
    private let stage: Stage
    private let troupe: Troupe

    init() throws {
      stage = try Stage(run: "size=16m,mode=777")
      troupe = try Troupe(on: stage)
    }

    private func score(_ pid: Int32) throws -> Int? {
      Int(try Machine.text(of: "/proc/\(pid)/oom_score_adj"))
    }

    private static let nobody = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

    /// Rights over others' processes are those of the first user namespace: root of another one has none.
    @Test(arguments: [[], ["/usr/bin/unshare", "--user", "--map-root-user"]])
    func withoutTheRightItSaysSoOnceAndGoesOn(namespace: [String]) throws {
      // The rule means whoever has it on the whole machine.
      let comm = "db-\(UUID().uuidString.prefix(8))"
      let pid = try troupe.start(comm, score: 500)
      // Anybody may read the configuration and keep a state here.
      _ = try stage.result("/bin/chmod", "-R", "a+rwX", stage.files.path)
      let daemon = try LiveDaemon(
        on: stage,
        """
        [guard]
        reconcile_interval = "1s"
        [[sacrifice]]
        name = "database"
        comm = "\(comm)"
        score = 700
        """, through: Self.nobody + namespace)
      try eventually("it has looked more than once") { daemon.status?.counters.surveys ?? 0 > 2 }
      let rule = try #require(daemon.status?.rules.first)
      let process = try #require(rule.processes.first)
      #expect(rule.matched == 1)
      #expect([process.score, process.base] == [500, 500] && process.state == .refused)
      #expect(
        process.error
          == "/proc/\(pid)/oom_score_adj: Permission denied; writing to another user's process takes CAP_DAC_OVERRIDE"
      )
      #expect(daemon.logLines.count { $0.contains("wants \(comm) (\(pid)) to have score 700") } == 1)
      #expect(daemon.status?.state == .degraded)
      #expect(try daemon.end(SIGTERM) == 0)
      #expect(try score(pid) == 500)
    }

    @Test func whoeverLivesForAMomentOnlyIsNobodysFault() throws {
      let daemon = try LiveDaemon.running(
        on: stage,
        """
        [guard]
        reconcile_interval = "1s"
        [[protect]]
        name = "brief"
        exe = "\(stage.files.path)/brief*"
        score = 0
        """)
      let program = try stage.program("true", as: "brief")
      // Each ends at another moment of the look that its exec leads to.
      let loop =
        "for i in 1 2 3 4 5 6 7 8 9 10; do for j in 1 2 3 4 5 6 7 8 9 10; do $0 & $0; done; done; wait"
      for _ in 0..<3 { #expect(try Program.run(["/bin/sh", "-c", loop, program]).status == 0) }
      let stays = try troupe.start("brief-no-more", score: 500)
      try daemon.survey()
      #expect(daemon.status?.rules[0].processes.map(\.pid) == [stays])
      #expect(daemon.status?.rules[0].processes.map(\.state) == [.held])
      #expect(daemon.logLines.filter { $0.hasPrefix("<3>") || $0.contains("but it keeps") } == [])
      #expect(try daemon.end(SIGTERM) == 0)
      let state = try Machine.text(of: "\(stage.run)/oomguard/state")
      #expect(!state.contains("base "))
    }
  }
}
