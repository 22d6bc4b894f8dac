import Foundation
import GuardStatus
import GuardTestSupport
import Testing

extension LiveTests {
  /// The daemon's own memory must not grow, however long it runs.
  struct Memory {
    private func anonymousKB(_ pid: Int32) throws -> Int {
      let status = try Machine.text(of: "/proc/\(pid)/status")
      let line = try #require(status.firstMatch(of: #/RssAnon:\s*(\d+) kB/#))
      return try #require(Int(line.1))
    }

    @Test func aThousandSurveysLeaveNothingBehind() throws {
      let stage = try Stage()
      let manager = try DatagramReader(at: "\(stage.files.path)/notify")
      let puppets = try (0..<4).map { _ in try Puppet(as: "database", on: stage, score: 500) }
      // Each selector that reads a file of its own of every process, and one that walks the cgroups.
      let config = """
        [guard]
        reconcile_interval = "1h"
        log_level = "error"
        [[protect]]
        name = "database"
        exe = "\(stage.files.path)/database"
        score = 0
        [[sacrifice]]
        name = "nobody"
        cmdline = "no such (process|job)$"
        score = 5
        [[sacrifice]]
        name = "cgroup"
        cgroup = "/no-such-cgroup/**"
        score = 5
        """
      let daemon = try LiveDaemon(on: stage, config, environment: ["NOTIFY_SOCKET": manager.path])
      func survey(times: Int) throws {
        for _ in 0..<times {
          daemon.signal(SIGHUP)
          while let text = manager.nextText(), text != "READY=1\n" {}
        }
      }
      while let text = manager.nextText(), text != "READY=1\n" {}
      // What somebody else on this machine is killed for meanwhile is kept, too: up to 256 kills.
      func kills() throws -> Int { try Int(#require(daemon.status).kills.total) }
      try survey(times: 200)
      let before = try (memory: anonymousKB(daemon.pid), kills: kills())
      try survey(times: 1000)
      let after = try (memory: anonymousKB(daemon.pid), kills: kills())
      #expect(
        after.memory - before.memory < 256 + 4 * (after.kills - before.kills),
        "KiB and kills \(before) after 200 surveys, \(after) after 1200")
      #expect(try puppets.map { try $0.score } == [0, 0, 0, 0])
    }
  }
}
