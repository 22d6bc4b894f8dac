import Foundation
import GuardStatus
import GuardTestSupport
import Testing

extension LiveTests {
  /// What the daemon tells the service manager and the journal, and that neither can hold it up.
  struct Telling {
    private let stage: Stage

    init() throws { stage = try Stage() }

    private func protect(_ name: String, interval: String = "1h") -> String {
      """
      [guard]
      reconcile_interval = "\(interval)"
      [[protect]]
      name = "\(name)"
      exe = "\(stage.files.path)/\(name)"
      score = 0

      """
    }

    /// The next message but for the status, which also follows what others do to this machine.
    private func step(_ manager: DatagramReader) -> String? {
      while let text = manager.nextText() {
        if !text.hasPrefix("STATUS=") { return text }
      }
      return nil
    }

    private func status(_ manager: DatagramReader) -> String? {
      while let text = manager.nextText() {
        if text.hasPrefix("STATUS=") { return text }
      }
      return nil
    }

    @Test func theServiceManagerHearsOfEveryStep() throws {
      let manager = try DatagramReader(at: "\(stage.files.path)/notify")
      let puppet = try Puppet(as: "database", on: stage, score: 500)
      let daemon = try LiveDaemon(
        on: stage, protect("database"), environment: ["NOTIFY_SOCKET": manager.path])
      let status = try #require(manager.nextText())
      #expect(manager.nextText() == "READY=1\n")
      // Not before the first survey.
      #expect(try puppet.score == 0)
      let pattern =
        #/STATUS=protecting 1 processes of 1 services; pressure (calm|unknown); \d+ OOM kills, 0 of protected; degraded: .*\n/#
      #expect(status.wholeMatch(of: pattern) != nil)
      #expect(status.contains("no-systemd"))
      #expect(status.contains("cannot-lower-scores") == !Machine.hasSysResource)
      daemon.signal(SIGHUP)
      let reloading = try #require(step(manager))
      #expect(reloading.wholeMatch(of: #/RELOADING=1\nMONOTONIC_USEC=\d+\n/#) != nil)
      #expect(step(manager) == "READY=1\n")
      daemon.signal(SIGTERM)
      #expect(step(manager) == "STOPPING=1\n")
      try eventually("the daemon ends") { !daemon.process.isRunning }
      #expect(!manager.hasNext)
    }

    @Test func theStatusFollowsWhatHappens() throws {
      let manager = try DatagramReader(at: "\(stage.files.path)/notify")
      let puppet = try Puppet(as: "database", on: stage, score: 500)
      let daemon = try LiveDaemon(
        on: stage, protect("database", interval: "1s"), environment: ["NOTIFY_SOCKET": manager.path])
      #expect(try #require(status(manager)).hasPrefix("STATUS=protecting 1 processes of 1 services; "))
      kill(puppet.pid, SIGKILL)
      while let text = status(manager), !text.hasPrefix("STATUS=protecting 0 processes of 0 services; ") {
        #expect(text.hasPrefix("STATUS=protecting 1 processes of 1 services; "))
      }
      #expect(daemon.process.isRunning)
    }

    @Test func theWatchdogIsFedFromTheLoop() throws {
      let manager = try DatagramReader(at: "\(stage.files.path)/notify")
      let daemon = try LiveDaemon(
        on: stage, protect("database"),
        environment: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000"])
      #expect(step(manager) == "WATCHDOG=1\n")
      #expect(step(manager) == "READY=1\n")
      for _ in 0..<5 { #expect(step(manager) == "WATCHDOG=1\n") }
      // A loop that does not turn feeds nobody: what was under way comes, and then nothing more.
      daemon.signal(SIGSTOP)
      try eventually("it stands still") {
        try Machine.text(of: "/proc/\(daemon.pid)/stat").contains(") T ")
      }
      while manager.hasNext { _ = manager.next() }
      usleep(500_000)
      #expect(!manager.hasNext)
      daemon.signal(SIGCONT)
      #expect(step(manager) == "WATCHDOG=1\n")
    }

    @Test func someoneElsesWatchdogIsNotFed() throws {
      let manager = try DatagramReader(at: "\(stage.files.path)/notify")
      let daemon = try LiveDaemon(
        on: stage, protect("database"),
        environment: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"])
      #expect(step(manager) == "READY=1\n")
      // Long enough for two, if it fed anybody.
      usleep(250_000)
      daemon.signal(SIGTERM)
      #expect(step(manager) == "STOPPING=1\n")
    }

    @Test func readersThatDoNotReadHoldNothingUp() throws {
      let manager = try DatagramReader(at: "\(stage.files.path)/notify")
      try manager.fill()
      let stuck = Pipe()
      let writer = stuck.fileHandleForWriting.fileDescriptor
      let flags = fcntl(writer, F_GETFL)
      _ = fcntl(writer, F_SETFL, flags | O_NONBLOCK)
      let chunk = [UInt8](repeating: 0x2e, count: 4096)
      while unsafe write(writer, chunk, chunk.count) > 0 {}
      while unsafe write(writer, chunk, 1) > 0 {}
      _ = fcntl(writer, F_SETFL, flags)

      let early = try Puppet(as: "database", on: stage, score: 500)
      let daemon = try LiveDaemon.running(
        on: stage,
        protect("database", interval: "1s").replacing("[guard]", with: "[guard]\nlog_level = \"debug\""),
        environment: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000"],
        standardError: stuck.fileHandleForWriting)
      try early.eventuallyHolds(0)
      let unsent = try #require(daemon.status?.counters.unsent)
      #expect(unsent > 0)
      let late = try Puppet(as: "database", on: stage, score: 500)
      try late.eventuallyHolds(0)
      try eventually("what could not be told is counted") { daemon.status?.counters.unsent ?? 0 > unsent }
      #expect(try daemon.end(SIGTERM) == 0)
      #expect(try [early.score, late.score] == [500, 500])
    }

    @Test func aReaderThatIsGoneEndsNobody() throws {
      let gone = Pipe()
      let puppet = try Puppet(as: "database", on: stage, score: 500)
      let daemon = try LiveDaemon.running(
        on: stage, protect("database"), standardError: gone.fileHandleForWriting)
      try gone.fileHandleForReading.close()
      // It says so, or tries to.
      try daemon.survey()
      #expect(daemon.status?.counters.unsent ?? 0 > 0)
      #expect(try daemon.end(SIGTERM) == 0)
      #expect(try puppet.score == 500)
    }

    @Test func aJournalThatDoesNotReadHoldsNothingUp() throws {
      let journal = try journalSocket()
      try journal.fill()
      let puppet = try Puppet(as: "database", on: stage, score: 500)
      let daemon = try LiveDaemon.running(
        on: stage, protect("database"), environment: ["JOURNAL_STREAM": "yes"])
      try puppet.eventuallyHolds(0)
      #expect(daemon.status?.counters.unsent == 0)
      // Entries of 100 mistakes each: the queue is full after a few dozen.
      let mistakes = (0..<100).map { "no_such_key_\($0) = 1\n" }.joined()
      try stage.files.write(mistakes, to: LiveDaemon.configName)
      try eventually("what could not be told is counted") {
        daemon.signal(SIGHUP)
        return daemon.status?.counters.unsent ?? 0 > 0
      }
      #expect(daemon.log == "")
      try puppet.grownUp()
      try puppet.write(score: 700)
      daemon.signal(SIGHUP)
      try puppet.eventuallyHolds(0)
      // It reads again: what was kept comes after what filled its queue.
      while journal.hasNext, let text = journal.nextText(), text == "x" {}
      try eventually("the kept entries come") { journal.hasNext }
      #expect(try daemon.end(SIGTERM) == 0)
    }

    private func journalSocket() throws -> DatagramReader {
      let directory = "\(stage.run)/systemd/journal"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      return try DatagramReader(at: "\(directory)/socket")
    }

    /// The entries up to the first for which `isLast` is true.
    private func entries(
      _ journal: DatagramReader, through isLast: ([String: String]) -> Bool
    ) throws -> [[String: String]] {
      var entries: [[String: String]] = []
      while let datagram = journal.next() {
        entries.append(try #require(Self.fields(of: datagram)))
        if isLast(entries[entries.count - 1]) { return entries }
      }
      throw NeverHappened(what: "the entry comes; there were \(entries)")
    }

    /// Reads systemd's native journal protocol, https://systemd.io/JOURNAL_NATIVE_PROTOCOL.
    private static func fields(of datagram: [UInt8]) -> [String: String]? {
      var fields: [String: String] = [:]
      var rest = datagram[...]
      while !rest.isEmpty {
        guard let end = rest.firstIndex(of: 10) else { return nil }
        let line = rest[..<end]
        rest = rest[(end + 1)...]
        if let equals = line.firstIndex(of: UInt8(ascii: "=")) {
          let name = String(decoding: line[..<equals], as: UTF8.self)
          guard
            fields.updateValue(String(decoding: line[(equals + 1)...], as: UTF8.self), forKey: name) == nil
          else { return nil }
        } else {
          guard rest.count > 8 else { return nil }
          let length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
          rest = rest.dropFirst(8)
          guard rest.count > length, rest[rest.startIndex + length] == 10 else { return nil }
          fields[String(decoding: line, as: UTF8.self)] = String(decoding: rest.prefix(length), as: UTF8.self)
          rest = rest.dropFirst(length + 1)
        }
      }
      return fields
    }

    @Test func thePromiseAndItsEndAreEntriesOfTheJournal() throws {
      let journal = try journalSocket()
      let puppet = try Puppet(as: "database", on: stage, score: 500)
      let daemon = try LiveDaemon.running(
        on: stage, protect("database"), environment: ["JOURNAL_STREAM": "yes"])
      // Read as they come: the socket holds but a few, and at its end the daemon waits for nobody.
      var all = try entries(journal) { $0["OOMGUARD_EVENT"] == "protect" }
      daemon.signal(SIGTERM)
      all += try entries(journal) { $0["OOMGUARD_EVENT"] == "restore" }
      #expect(daemon.log == "")
      let common = [
        "SYSLOG_IDENTIFIER": "oomguardd", "OOMGUARD_RULE": "database", "OOMGUARD_COUNT": "1",
        "OOMGUARD_PIDS": "\(puppet.pid)", "OOMGUARD_PID": "\(puppet.pid)", "OOMGUARD_COMM": "database",
        "OOMGUARD_BASE": "500", "PRIORITY": "6",
      ]
      #expect(
        all.filter { $0["OOMGUARD_EVENT"] == "protect" } == [
          common.merging([
            "MESSAGE": "rule 'database' gives database (\(puppet.pid)) the score 0",
            "MESSAGE_ID": "4da15131ebda4091988693c0b1f8e7c4", "OOMGUARD_EVENT": "protect",
            "OOMGUARD_SCORE": "0", "OOMGUARD_OLD_SCORE": "500",
          ]) { $1 }
        ])
      #expect(
        all.last
          == common.merging([
            "MESSAGE":
              "database (\(puppet.pid)) got the base score 500 back; was held by rule 'database'",
            "MESSAGE_ID": "39f6908823294bee8e0598edb69ab53f", "OOMGUARD_EVENT": "restore",
            "OOMGUARD_SCORE": "500", "OOMGUARD_OLD_SCORE": "0",
          ]) { $1 })
      let systemd = try #require(all.first { $0["OOMGUARD_WHAT"] == "no-systemd" })
      #expect(
        systemd == [
          "MESSAGE": "degraded: no-systemd: PID 1 is not systemd",
          "MESSAGE_ID": "8d382eb97d93447fa621a8dede4787f3", "PRIORITY": "4",
          "SYSLOG_IDENTIFIER": "oomguardd", "OOMGUARD_EVENT": "degraded", "OOMGUARD_WHAT": "no-systemd",
          "OOMGUARD_WHY": "PID 1 is not systemd",
        ])
    }

    @Test(.enabled(if: MemoryCgroup.whyNone == nil, Comment(rawValue: MemoryCgroup.whyNone ?? "")))
    func aKillIsOneEntryWithEveryField() throws {
      let turn = try KernelKills(.few)
      defer { withExtendedLifetime(turn) {} }
      let journal = try journalSocket()
      let cgroup = try MemoryCgroup()
      let daemon = try LiveDaemon.running(
        on: stage, protect("hog"), environment: ["JOURNAL_STREAM": "yes"])
      let hog = try Hog(on: stage, score: 500, in: cgroup)
      try daemon.survey()
      try hog.eatUntilKilled()
      let pid = hog.puppet.pid
      let messages = try KernelMessages()
      let kill = try #require(
        try messages.kill(of: pid, at: Timestamp(seconds: 0), protected: true, rule: "hog"))
      var entry = try #require(try entries(journal) { $0["OOMGUARD_VICTIM_PID"] == "\(pid)" }.last)
      let (report, at) = try (#require(entry["OOMGUARD_REPORT"]), #require(entry["OOMGUARD_AT"]))
      (entry["OOMGUARD_REPORT"], entry["OOMGUARD_AT"]) = (nil, nil)
      #expect(try #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/#.wholeMatch(in: at) != nil)
      func text(_ number: (some BinaryInteger)?) throws -> String { "\(try #require(number))" }
      let victim = kill.victim
      #expect(
        entry == [
          "MESSAGE":
            "the kernel killed hog (\(pid)): the limit of \(cgroup.name) was hit, it held "
            + "\(try text(victim.anonRSSKB)) KiB of anonymous memory; it was PROTECTED by rule 'hog'",
          "MESSAGE_ID": "8703eb901731406e87afcffdb13842d4", "PRIORITY": "2",
          "SYSLOG_IDENTIFIER": "oomguardd", "OOMGUARD_EVENT": "kill",
          "OOMGUARD_ID": try #require(kill.id),
          "OOMGUARD_VICTIM_PID": "\(pid)", "OOMGUARD_VICTIM_COMM": "hog",
          "OOMGUARD_VICTIM_UID": try text(victim.uid), "OOMGUARD_VICTIM_CGROUP": cgroup.name,
          "OOMGUARD_VICTIM_SCORE": "0", "OOMGUARD_VICTIM_TOTAL_VM_KB": try text(victim.totalVMKB),
          "OOMGUARD_VICTIM_ANON_RSS_KB": try text(victim.anonRSSKB),
          "OOMGUARD_VICTIM_FILE_RSS_KB": try text(victim.fileRSSKB),
          "OOMGUARD_VICTIM_SHMEM_RSS_KB": try text(victim.shmemRSSKB),
          "OOMGUARD_VICTIM_PGTABLES_KB": try text(victim.pgtablesKB),
          "OOMGUARD_TRIGGER_PID": try text(kill.trigger.pid),
          "OOMGUARD_TRIGGER_COMM": try #require(kill.trigger.comm),
          "OOMGUARD_TRIGGER_GFP_MASK": try #require(kill.trigger.gfpMask),
          "OOMGUARD_TRIGGER_ORDER": try text(kill.trigger.order), "OOMGUARD_CONSTRAINT": "memcg",
          "OOMGUARD_LIMIT_CGROUP": cgroup.name, "OOMGUARD_LIMIT": "own", "OOMGUARD_PROTECTED": "yes",
          "OOMGUARD_RULE": "hog",
          "OOMGUARD_KERNEL_SEQ": try text(kill.seq), "OOMGUARD_SOURCE": "kernel-log",
          "OOMGUARD_TASKS_DUMPED": try text(kill.tasksDumped),
        ])
      let lines = messages.report(of: pid).map(\.text)
      #expect(report == lines.map { "\($0)\n" }.joined())
    }
  }
}
