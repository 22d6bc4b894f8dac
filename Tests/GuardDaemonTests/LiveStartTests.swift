import Foundation
import GuardStatus
import GuardTestSupport
import Testing

extension LiveTests {
  /// Processes on the way from systemd's fork to their own program.
  @Suite(.enabled(if: OwnCgroup.unitTop != nil, "no hierarchy of systemd's can be written to here"))
  struct Starts {
    @Test func nothingIsWrittenToAProcessBeforeItsProgramBegins() throws {
      let stage = try Stage()
      let troupe = try Troupe(on: stage)
      let cgroup = try OwnCgroup.unit()
      let daemon = try LiveDaemon.running(
        on: stage,
        """
        [guard]
        reconcile_interval = "1h"
        [[protect]]
        name = "database"
        unit = "\(cgroup.name)"
        scope = "all"
        score = 0
        """)
      func enter(_ program: String) throws -> Int32 {
        let pid = try troupe.start(program, score: 500)
        try troupe.tell(pid, "write \(cgroup.path)/cgroup.procs 0")
        return pid
      }
      func score(_ pid: Int32) throws -> Int? { Int(try Machine.text(of: "/proc/\(pid)/oom_score_adj")) }

      let starting = try enter("systemd-executor")
      let other = try enter("other")
      // Both are looked at for the same event, or the first one earlier.
      try eventually("the other is protected") { try score(other) == 0 }
      #expect(try score(starting) == 500)
      try troupe.tell(starting, "score 700")
      try troupe.tell(starting, "exec \(troupe.program("database"))")
      try eventually("its program is protected") { try score(starting) == 0 }
      let bases: [Int32: Int16?] = [starting: 700, other: 500]
      try eventually("the bases are shown") {
        let shown = daemon.status?.rules[0].processes.map { ($0.pid, $0.base) } ?? []
        return Dictionary(shown, uniquingKeysWith: { first, _ in first }) == bases
      }
      try daemon.end(SIGTERM)
      #expect(try [score(starting), score(other)] == [700, 500])
      for pid in [starting, other] { try troupe.tell(pid, "exit") }
      withExtendedLifetime(cgroup) {}
    }
  }
}
