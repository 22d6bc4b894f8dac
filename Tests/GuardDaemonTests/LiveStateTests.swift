import Foundation
import GuardStatus
import GuardTestSupport
import Testing

extension LiveTests {
  /// One daemon a machine, and what becomes of it where it cannot write or the kernel refuses.
  struct Trouble {
    private func config(_ stage: Stage, more: String = "") -> String {
      """
      [guard]
      reconcile_interval = "1s"
      \(more)
      [[protect]]
      name = "database"
      exe = "\(stage.files.path)/database"
      score = 0

      """
    }

    /// It gets what is promised, and gets it again when somebody else writes.
    private func isKept(_ puppet: Puppet) throws {
      try puppet.eventuallyHolds(0)
      try puppet.grownUp()
      try puppet.write(score: 700)
      try puppet.eventuallyHolds(0)
    }

    private func complaints(_ daemon: LiveDaemon) -> [String] {
      daemon.logLines.filter { $0.contains("cannot-write-state") }
    }

    @Test func aSecondDaemonIsRefusedAndToldWhoTheFirstIs() throws {
      let stage = try Stage()
      let first = try LiveDaemon.running(on: stage, config(stage))
      let second = Outcome(
        status: 1, complaint: "oomguardd: already running as pid \(first.pid); stop it first\n")
      let path = LiveDaemon.configPath(on: stage)
      #expect(try stage.result(Program.daemon, "--config", path) == second)
      #expect(try stage.result(Program.daemon, "--config", path, "--once") == second)
      try first.end(SIGKILL)
      #expect(try stage.result(Program.daemon, "--config", path, "--once").status == 0)
    }

    @Test func aFullRunKeepsNobodyUnprotected() throws {
      let stage = try Stage(run: "size=1m,mode=755")
      try stage.fillRun()
      let puppet = try Puppet(as: "database", on: stage, score: 500)
      let daemon = try LiveDaemon(on: stage, config(stage))
      try isKept(puppet)
      #expect(
        complaints(daemon) == [
          "<4>degraded: cannot-write-state: /run/oomguard/.state.new: No space left on device"
        ])
      try stage.emptyRun()
      try eventually("the status is told again") {
        daemon.status?.degraded.contains { $0.what == "cannot-write-state" } == false
      }
      #expect(complaints(daemon).dropFirst() == ["<5>no longer degraded: cannot-write-state"])
      // The base was kept in memory; now the state has it as well.
      try daemon.end(SIGKILL)
      #expect(
        try stage.result(Program.daemon, "--restore")
          == Outcome(status: 0, output: "restore \(puppet.pid) (database) 0 -> 500\n"))
    }

    @Test func aRunThatFillsUpLaterIsComplainedOfOnce() throws {
      let stage = try Stage(run: "size=1m,mode=755")
      let puppet = try Puppet(as: "database", on: stage, score: 500)
      let daemon = try LiveDaemon.running(on: stage, config(stage))
      try puppet.grownUp()
      try stage.fillRun()
      // A status that was on its way may still have got the last of the room.
      for _ in 0..<4 {
        try puppet.write(score: 700)
        try puppet.eventuallyHolds(0)
      }
      let repairs = daemon.status?.counters.repairs
      #expect(
        complaints(daemon) == [
          "<4>degraded: cannot-write-state: /run/oomguard/.status.json.new: No space left on device"
        ])
      try stage.emptyRun()
      try eventually("the status is told again") { daemon.status?.counters.repairs != repairs }
      #expect(daemon.status?.counters.repairs == 4)
      try eventually("that is over") { complaints(daemon).count == 2 }
      #expect(complaints(daemon).last == "<5>no longer degraded: cannot-write-state")
      #expect(try daemon.end(SIGTERM) == 0)
      #expect(try puppet.score == 500)
    }

    @Test func aReadOnlyRunKeepsNobodyUnprotected() throws {
      let stage = try Stage()
      try stage.makeRunReadOnly()
      let puppet = try Puppet(as: "database", on: stage, score: 500)
      let daemon = try LiveDaemon(on: stage, config(stage))
      try isKept(puppet)
      #expect(
        complaints(daemon) == ["<4>degraded: cannot-write-state: /run/oomguard: Read-only file system"])
      try stage.makeRunWritable()
      try eventually("the status is told") { daemon.status?.pid == daemon.pid }
      #expect(complaints(daemon).dropFirst() == ["<5>no longer degraded: cannot-write-state"])
      let second = try stage.result(Program.daemon, "--restore")
      #expect(second.complaint == "oomguardd: already running as pid \(daemon.pid); stop it first\n")
      // The base was kept in memory; now the state has it as well.
      try daemon.end(SIGKILL)
      #expect(
        try stage.result(Program.daemon, "--restore")
          == Outcome(status: 0, output: "restore \(puppet.pid) (database) 0 -> 500\n"))
    }

    @Test func whatADaemonLeftIsKnownEvenWhileRunIsReadOnly() throws {
      let stage = try Stage()
      let puppet = try Puppet(as: "database", on: stage, score: 500)
      let first = try LiveDaemon.running(on: stage, config(stage))
      try first.end(SIGKILL)
      try stage.makeRunReadOnly()
      let second = try LiveDaemon(on: stage)
      try eventually("it complains") { complaints(second).count == 1 }
      #expect(
        complaints(second) == ["<4>degraded: cannot-write-state: /run/oomguard/lock: Read-only file system"])
      try eventually("it watches") { !second.logLines.isEmpty }
      #expect(try second.end(SIGTERM) == 0)
      #expect(try puppet.score == 500)
    }

    @Test(arguments: ["", "base 1 2 3\n"])
    func aBrokenStateIsNotTakenForNone(text: String) throws {
      let stage = try Stage()
      let puppet = try Puppet(as: "database", on: stage, score: 500)
      let first = try LiveDaemon.running(on: stage, config(stage))
      try first.end(SIGKILL)
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(stage.run)/oomguard/state"))
      let why = "'/run/oomguard/state' holds no state, in \(text.utf8.count) bytes"
      #expect(
        try stage.result(Program.daemon, "--restore")
          == Outcome(
            status: 1,
            complaint: "oomguardd: \(why); set the scores back yourself, or restart the services\n"))
      let second = try LiveDaemon.running(on: stage)
      let told = "lost-bases: \(why); what processes carried at the start counts as their base"
      #expect(second.logLines.filter { $0.contains("lost-bases") } == ["<4>degraded: \(told)"])
      #expect(second.status?.degraded.contains { "\($0.what): \($0.why)" == told } == true)
      #expect(try second.end(SIGTERM) == 0)
      #expect(try puppet.score == 0)
    }

    @Test func aScoreThatSomebodyElseSetAfterACrashIsTheirs() throws {
      let stage = try Stage()
      let (one, two) = try (
        Puppet(as: "database", on: stage, score: 500), Puppet(as: "database", on: stage, score: 400)
      )
      let daemon = try LiveDaemon.running(on: stage, config(stage))
      #expect(try [one.score, two.score] == [0, 0])
      try daemon.end(SIGKILL)
      try two.write(score: 700)
      #expect(
        try stage.result(Program.daemon, "--restore")
          == Outcome(status: 0, output: "restore \(one.pid) (database) 0 -> 500\n"))
      #expect(try [one.score, two.score] == [500, 700])
    }

    @Test(.enabled(if: Machine.hasProcessEvents, "this kernel tells nobody of new processes"))
    func whoEndedIsNotTold() throws {
      let stage = try Stage()
      let (early, late) = try (
        Puppet(as: "database", on: stage, score: 500), Puppet(as: "database", on: stage, score: 400)
      )
      let longer = config(stage).replacing("\"1s\"", with: "\"1h\"")
      let daemon = try LiveDaemon.running(on: stage, longer)
      #expect(daemon.status?.rules[0].matched == 2)
      kill(early.pid, SIGKILL)
      early.process.waitUntilExit()
      // Any news: whoever is gone is not among what is told then, though no survey was made.
      let surveys = daemon.status?.counters.surveys
      let third = try Puppet(as: "database", on: stage, score: 300)
      try eventually("the third is told") {
        daemon.status?.rules[0].processes.contains { $0.pid == third.pid } == true
      }
      #expect(Set(daemon.status?.rules[0].processes.map(\.pid) ?? []) == [late.pid, third.pid])
      #expect(daemon.status?.rules[0].matched == 2)
      #expect(daemon.status?.counters.surveys == surveys)
    }

    @Test(
      .disabled(if: Machine.hasSysResource, "this process may have any window"),
      .enabled(if: Machine.hasPressure, "this kernel has no pressure stall information"))
    func aWindowThatTheKernelRefusesIsNamedWithItsPlace() throws {
      let stage = try Stage()
      let daemon = try LiveDaemon.running(
        on: stage, config(stage, more: "[pressure]\nwarning = { some_percent = 15, window = \"500ms\" }"))
      let degradation = try #require(daemon.status?.degraded.first { $0.what == "no-pressure" })
      #expect(
        degradation.why
          == "\(LiveDaemon.configPath(on: stage)):4:41: the kernel refuses a window of 500ms; "
          + "without CAP_SYS_RESOURCE write a multiple of 2s, at most 10s; "
          + "instead, how long tasks waited and how much memory is left are looked at now and then")
      #expect(daemon.status?.pressure.level == .calm)
      #expect(daemon.status?.pressure.source == .sampled)
      try stage.files.write(config(stage), to: LiveDaemon.configName)
      try daemon.survey()
      #expect(daemon.status?.degraded.contains { $0.what == "no-pressure" } == false)
      #expect(daemon.status?.pressure.level == .calm)
      #expect(daemon.status?.pressure.source == .psi)
      #expect(daemon.logLines.contains("<5>no longer degraded: no-pressure"))
    }

    @Test func theLogCanBeAskedForByASignal() throws {
      let stage = try Stage()
      let daemon = try LiveDaemon.running(on: stage, config(stage))
      daemon.signal(SIGUSR1)
      let told = "<5>protecting 0 processes of 0 services; pressure "
      try eventually("the summary is logged") { daemon.log.contains(told) }
      #expect(daemon.logLines.count { $0.hasPrefix(told) } == 1)
    }
  }
}
