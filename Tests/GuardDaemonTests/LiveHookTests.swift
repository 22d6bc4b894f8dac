import Foundation
import GuardStatus
import GuardTestSupport
import Testing

extension LiveTests {
  /// The command of `[notify]`, run by the daemon itself as on a machine without systemd. Each SIGUSR1 is an event.
  @Suite(
    .disabled(
      if: FileManager.default.fileExists(atPath: "/run/systemd/system"), "here PID 1 runs the command"))
  struct Hooks {
    private let stage: Stage

    init() throws { stage = try Stage() }

    private func path(_ name: String) -> String { "\(stage.files.path)/\(name)" }

    private func text(of name: String) -> String? { try? stage.files.text(of: name) }

    private func config(_ script: String, timeout: String = "10s", events: String = "config") throws -> String
    {
      try stage.files.write("#!/bin/sh\ncd \(stage.files.path)\n\(script)\n", to: "hook")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path("hook"))
      return config(command: "\"\(path("hook"))\", \"a b\", \"$HOME\"", timeout: timeout, events: events)
    }

    private func config(command: String, timeout: String = "10s", events: String = "config") -> String {
      """
      [guard]
      reconcile_interval = "1h"
      [notify]
      command = [\(command)]
      events = ["\(events)"]
      timeout = "\(timeout)"
      [[sacrifice]]
      name = "nobody"
      exe = "/no/such/program"
      score = 1

      """
    }

    /// Raises an event, and waits until it is told.
    private func poke(_ daemon: LiveDaemon) throws {
      let told = { daemon.logLines.filter { $0.hasPrefix("<5>protecting 0 processes") }.count }
      let before = told()
      daemon.signal(SIGUSR1)
      try eventually("the event is told") { told() == before + 1 }
    }

    private func warnings(_ daemon: LiveDaemon) -> [String] {
      daemon.logLines.filter { $0.hasPrefix("<4>") && $0.contains("run for 'config', failed") }
    }

    private func warning(_ command: String, _ failure: String) -> String {
      "<4>\(LiveDaemon.configPath(on: stage)):4:11: '\(command)', run for 'config', failed: \(failure)"
    }

    /// Its children and its open descriptors: what a hook must leave none of.
    private func holdings(_ daemon: LiveDaemon) throws -> [Int] {
      let children = try Machine.text(of: "/proc/\(daemon.pid)/task/\(daemon.pid)/children")
      let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(daemon.pid)/fd")
      return [children.split(separator: " ").count, descriptors.count]
    }

    /// Each time it may just have been writing its status.
    private func holdsNoMore(_ daemon: LiveDaemon, than before: [Int]) throws -> Bool {
      zip(try holdings(daemon), before).allSatisfy { $0 <= $1 }
    }

    @Test func itIsToldOfTheEventOnItsInputAndInItsEnvironment() throws {
      let script = """
        cat >input; env >environment; printf '%s|' "$@" >arguments; ls /proc/self/fd >descriptors
        cat /proc/self/oom_score_adj >score; grep SigBlk /proc/self/status >signals; cut -d' ' -f4,5 /proc/$$/stat >group
        echo $$ >pid; echo spoken; mv pid done
        """
      let daemon = try LiveDaemon.running(on: stage, try config(script))
      let before = try holdings(daemon)
      try poke(daemon)
      try eventually("the hook is done") { text(of: "done") != nil }
      let input = try #require(text(of: "input"))
      let event = try #require(
        try JSONSerialization.jsonObject(with: Data(input.utf8)) as? [String: Any])
      #expect(Set(event.keys) == ["event", "at", "message", "priority", "held_back"])
      #expect(event["event"] as? String == "config")
      #expect(event["priority"] as? Int == 5)
      #expect(event["held_back"] as? Int == 0)
      let message = try #require(event["message"] as? String)
      #expect(daemon.logLines.contains("<5>\(message)"))
      let environment = Set(try #require(text(of: "environment")).split(separator: "\n").map { String($0) })
      #expect(
        environment.isSuperset(of: [
          "OOMGUARD_EVENT=config", "OOMGUARD_MESSAGE=\(message)", "OOMGUARD_PRIORITY=5",
          "OOMGUARD_HELD_BACK=0",
        ]))
      #expect(
        environment.contains {
          $0.wholeMatch(of: #/OOMGUARD_AT=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/#) != nil
        })
      #expect(text(of: "arguments") == "a b|$HOME|")
      // The fourth is that of ls itself, for the directory.
      #expect(text(of: "descriptors") == "0\n1\n2\n3\n")
      #expect(text(of: "score") == "0\n")
      #expect(text(of: "signals") == "SigBlk:\t0000000000000000\n")
      let pid = try #require(text(of: "done")).trimmingCharacters(in: .newlines)
      #expect(text(of: "group") == "\(daemon.pid) \(pid)\n", "a child of the daemon's, in a group of its own")
      #expect(daemon.logLines.contains("spoken"))
      try eventually("nothing is left of it") { try holdsNoMore(daemon, than: before) }
      #expect(warnings(daemon) == [])
    }

    @Test func whatComesWhileItRunsIsHeldBackAndCounted() throws {
      let script =
        "n=$$; cat >input.$n; echo $OOMGUARD_HELD_BACK >>runs; while [ ! -e go ]; do sleep 0.02; done; rm go"
      let daemon = try LiveDaemon.running(on: stage, try config(script))
      for _ in 0..<4 { try poke(daemon) }
      try eventually("the first runs") { text(of: "runs") == "0\n" }
      try stage.files.write("", to: "go")
      try eventually("of the three that waited, the newest is run") { text(of: "runs") == "0\n2\n" }
      try stage.files.write("", to: "go")
      try eventually("no more than that") { try holdings(daemon)[0] == 0 }
      #expect(text(of: "runs") == "0\n2\n")
      try poke(daemon)
      try eventually("the count began anew") { text(of: "runs") == "0\n2\n0\n" }
      try stage.files.write("", to: "go")
    }

    @Test func oneThatHangsIsEndedWithAllThatItStarted() throws {
      let script = "trap '' TERM INT; sleep 300 & echo $! >child; sleep 301 & wait; wait"
      let daemon = try LiveDaemon.running(on: stage, try config(script, timeout: "1s"))
      let before = try holdings(daemon)
      try poke(daemon)
      try eventually("it is told") { !warnings(daemon).isEmpty }
      #expect(warnings(daemon) == [warning(path("hook"), "it took too long and was ended")])
      let child = try #require(text(of: "child")).trimmingCharacters(in: .newlines)
      try eventually("what it started is ended too") {
        !FileManager.default.fileExists(atPath: "/proc/\(child)")
      }
      try eventually("nothing is left of it") { try holdsNoMore(daemon, than: before) }
    }

    @Test func oneThatLeavesChildrenBehindLeavesNone() throws {
      let daemon = try LiveDaemon.running(on: stage, try config("sleep 300 & echo $! >child"))
      try poke(daemon)
      try eventually("it has run") { text(of: "child")?.isEmpty == false }
      let child = try #require(text(of: "child")).trimmingCharacters(in: .newlines)
      try eventually("its child is ended") { !FileManager.default.fileExists(atPath: "/proc/\(child)") }
      #expect(warnings(daemon) == [])
    }

    @Test(arguments: [
      ("exit 3", "it ended with status 3"), ("kill -9 $$", "signal 9 ended it"),
      ("kill -SEGV $$", "signal 11 ended it"),
    ])
    func whatGoesWrongIsToldOnce(script: String, failure: String) throws {
      let daemon = try LiveDaemon.running(on: stage, try config("echo run >>runs; [ -e well ] || \(script)"))
      let before = try holdings(daemon)
      func run(_ count: Int) throws {
        try poke(daemon)
        try eventually("run \(count) is over") {
          try text(of: "runs") == String(repeating: "run\n", count: count)
            && holdsNoMore(daemon, than: before)
        }
      }
      for count in 1...3 { try run(count) }
      #expect(warnings(daemon) == [warning(path("hook"), failure)])
      try stage.files.write("", to: "well")
      try run(4)
      try FileManager.default.removeItem(atPath: path("well"))
      try run(5)
      try eventually("after a run that went well it is news again") { warnings(daemon).count == 2 }
    }

    @Test func oneThatCannotBeRunIsToldOnce() throws {
      try stage.files.write("no program", to: "text")
      for (name, reason) in [("absent", "No such file or directory"), ("text", "Permission denied")] {
        let daemon = try LiveDaemon.running(on: stage, config(command: "\"\(path(name))\""))
        let before = try holdings(daemon)
        for _ in 0..<3 { try poke(daemon) }
        try eventually("it is told") { !warnings(daemon).isEmpty }
        try poke(daemon)
        #expect(warnings(daemon) == [warning(path(name), reason)])
        try eventually("nothing is left of it") { try holdsNoMore(daemon, than: before) }
        try daemon.end(SIGTERM)
      }
    }

    @Test func onlyTheEventsThatWereAskedForAreHandedOn() throws {
      // Of no process that is here: what others do to the kernel's log brings other events.
      let daemon = try LiveDaemon.running(on: stage, try config("touch ran", events: "conflict"))
      try poke(daemon)
      try poke(daemon)
      #expect(text(of: "ran") == nil)
      #expect(try holdings(daemon)[0] == 0)
    }

    @Test func aReloadTakesAnotherCommandAndAStopLeavesNothingRunning() throws {
      let daemon = try LiveDaemon.running(on: stage, try config("touch first"))
      _ = try config("echo $$ >pid; mv pid second; sleep 300")
      try poke(daemon)
      try eventually("the script of now is run") { text(of: "second") != nil }
      #expect(text(of: "first") == nil)
      let pid = try #require(text(of: "second")).trimmingCharacters(in: .newlines)
      #expect(FileManager.default.fileExists(atPath: "/proc/\(pid)"))
      try daemon.end(SIGTERM)
      try eventually("it ends with the daemon") {
        (try? Machine.text(of: "/proc/\(pid)/stat").contains(") Z ")) ?? true
      }
    }
  }
}
