import Foundation
import GuardStatus
import GuardTestSupport
import Testing

extension LiveTests {
  /// Processes that are more, or less, than one thread with memory of its own.
  struct Threads {
    private let stage: Stage
    private let troupe: Troupe

    init() throws {
      stage = try Stage()
      troupe = try Troupe(on: stage)
    }

    private func score(_ pid: Int32) throws -> Int? {
      Int(try Machine.text(of: "/proc/\(pid)/oom_score_adj"))
    }

    @Test(arguments: [
      "exe = \"STAGE/database\"", "cmdline = \"^STAGE/database \"\nuser = 0", "comm = \"database\"\nuser = 0",
    ])
    func aProcessWhoseMainThreadHasEndedLivesOn(selector: String) throws {
      let pid = try troupe.start("database", score: 500)
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
        \(selector.replacing("STAGE", with: stage.files.path))
        score = 0
        """)
      #expect(try score(pid) == 0)
      try daemon.survey()
      #expect(daemon.status?.rules[0].processes.map(\.pid) == [pid])
      try daemon.end(SIGTERM)
      #expect(try score(pid) == 500)
    }
  }
}
