import Foundation
import GuardStatus
import GuardTestSupport
import Testing

extension LiveTests {
  struct Histories {
    /// `OOMGUARD_TEST_ROUNDS` makes it longer.
    private static let rounds =
      ProcessInfo.processInfo.environment["OOMGUARD_TEST_ROUNDS"].flatMap { Int($0) } ?? 10

    @Test(
      .enabled(if: OwnCgroup.unitTop != nil, "no hierarchy of systemd's can be written to here"),
      .enabled(if: Machine.hasProcessEvents, "this kernel tells nobody of new processes"))
    func everyPromiseIsKeptAndEveryBaseComesBackWhateverHappens() throws {
      var random = SeededRandom.printed()
      let history = try LiveHistory(SeededRandom(seed: random.next()), below: #require(OwnCgroup.unitTop))
      for _ in 0..<Self.rounds {
        for _ in 0..<Int.random(in: 5..<30, using: &random) { try history.live() }
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<3: try history.reload()
        case 3..<5: try history.crash()
        case 5..<7: try history.overrun(10)
        default: break
        }
        try history.quiet()
      }
      try history.stop()
      #expect(history.members.count > 6, "somebody was there to be guarded")
    }

    /// Of a move alone inotify tells.
    @Test(.enabled(if: OwnCgroup.unitTop != nil, "no hierarchy of systemd's can be written to here"))
    func whoJoinsWhileEventsOfCgroupsAreLostIsFoundByASurvey() throws {
      let stage = try Stage()
      let troupe = try Troupe(on: stage)
      let cgroup = try OwnCgroup.unit()
      let daemon = try LiveDaemon.running(
        on: stage,
        """
        [guard]
        reconcile_interval = "1h"
        [[protect]]
        name = "unit"
        unit = "\(cgroup.name)"
        score = 40
        """)
      let pid = try troupe.start("late", score: 500)
      let before = try #require(daemon.status).counters
      daemon.signal(SIGSTOP)
      try cgroup.overrun()
      try troupe.tell(pid, "write \(cgroup.path)/cgroup.procs 0")
      daemon.signal(SIGCONT)
      try eventually("it is protected") { try Machine.text(of: "/proc/\(pid)/oom_score_adj") == "40" }
      try eventually("and told, and all has been looked at") {
        let after = try #require(daemon.status)
        return after.rules[0].processes.map(\.pid) == [pid]
          && after.counters.overruns == before.overruns + 1 && after.counters.surveys == before.surveys + 1
      }
      try daemon.end(SIGTERM)
      #expect(try Machine.text(of: "/proc/\(pid)/oom_score_adj") == "500")
      try troupe.tell(pid, "exit")
      withExtendedLifetime(cgroup) {}
    }

    @Test(.enabled(if: OwnCgroup.unitTop != nil, "no hierarchy of systemd's can be written to here"))
    func aUnitThatIsMadeAnewWhileEventsOfCgroupsAreLostIsWatched() throws {
      let stage = try Stage()
      let troupe = try Troupe(on: stage)
      let (crowd, cgroup) = try (OwnCgroup.unit(), OwnCgroup.unit())
      let daemon = try LiveDaemon.running(
        on: stage,
        """
        [guard]
        reconcile_interval = "1h"
        [[protect]]
        name = "unit"
        unit = ["\(crowd.name)", "\(cgroup.name)"]
        score = 40
        """)
      let pid = try troupe.start("late", score: 500)
      let before = try #require(daemon.status).counters
      daemon.signal(SIGSTOP)
      try crowd.overrun()
      try cgroup.remake()
      daemon.signal(SIGCONT)
      try eventually("all has been looked at") {
        try #require(daemon.status).counters.surveys == before.surveys + 1
      }
      try troupe.tell(pid, "write \(cgroup.path)/cgroup.procs 0")
      try eventually("it is protected") { try Machine.text(of: "/proc/\(pid)/oom_score_adj") == "40" }
      try daemon.end(SIGTERM)
      try troupe.tell(pid, "exit")
      withExtendedLifetime((crowd, cgroup)) {}
    }
  }
}
