import GuardCore
import GuardTestSupport
import Testing

/// Several reports, whole and in pieces, and what is none.
struct OOMMixedReportTests: OOMReportLines {
  // MARK: Several reports

  @Test func linesOfTwoCPUsAreJoinedByPID() {
    let mixed = [
      Self.constraint(7, "x", "/a/x"), Self.constraint(8, "y", "/a/y"), Self.kill(7, "x"), Self.kill(8, "y"),
    ]
    #expect(Self.told(mixed) == ["7 x in /a/x, memcg of /a", "8 y in /a/y, memcg of /a"])
  }

  @Test func linesOfTwoCallersAreJoinedByCaller() {
    let one =
      [Self.header("t"), Self.cpu(70, "t")] + Self.table + [Self.constraint(7, "x"), Self.kill(7, "x")]
    let two =
      [Self.header("u"), Self.cpu(80, "u")] + Self.table + [Self.constraint(8, "y"), Self.kill(8, "y")]
    let mixed = zip(one, two).flatMap { ["[    1.000000][   T70] \($0)", "[    1.000000][   T80] \($1)"] }
    #expect(
      Self.told(mixed) == [
        "7 x in /a/b, memcg of /a, by 70 t 0xcc0, tasks 1",
        "8 y in /a/b, memcg of /a, by 80 u 0xcc0, tasks 1",
      ])
  }

  @Test func mixedReportsOfUnknownCallersAreNotGuessedAt() {
    let mixed = [
      Self.header("t"), Self.header("u"), Self.cpu(70, "t"), Self.cpu(80, "u"), Self.constraint(7, "x"),
      Self.constraint(8, "y"),
      Self.kill(7, "x"), Self.kill(8, "y"), Self.header("v"), Self.constraint(9, "z"), Self.kill(9, "z"),
    ]
    #expect(
      Self.told(mixed) == [
        "7 x in /a/b, memcg of /a", "8 y in /a/b, memcg of /a", "9 z in /a/b, memcg of /a, by - v 0xcc0",
      ])
  }

  @Test func anEarlierHeaderThatStoppedIsNotMixedIn() {
    let stopped = [
      "[   10.000000] " + Self.header("t"), "[   13.000000] " + Self.header("u"),
      "[   13.100000] Killed process 7 (x)",
    ]
    #expect(Self.told(stopped) == ["7 x in -, - of -, by - u 0xcc0"])
    let mixed = [
      "[   10.000000] " + Self.header("t"), "[   11.000000] " + Self.header("u"),
      "[   11.100000] Killed process 7 (x)",
    ]
    #expect(Self.told(mixed) == ["7 x in -, - of -"])
    let own = [
      "[   10.000000] " + Self.header("t"), "[   11.000000] " + Self.header("u"), Self.cpu(7, "t"),
      "[   11.100000] Killed process 7 (t)",
    ]
    #expect(Self.told(own) == ["7 t in -, - of -, by 7 t 0xcc0"])
  }

  @Test func aHeaderBehindAKillBelongsToTheNext() {
    let log = [
      Self.header("t"), Self.constraint(7, "x"), Self.kill(7, "x"), Self.header("u"), Self.constraint(8, "y"),
      Self.kill(8, "y"),
    ]
    #expect(
      Self.told(log) == ["7 x in /a/b, memcg of /a, by - t 0xcc0", "8 y in /a/b, memcg of /a, by - u 0xcc0"])
    #expect(Self.told([Self.kill(7, "x"), Self.header("u")]) == ["7 x in -, - of -"])
  }

  /// The kernel prints 10 reports in 5 s and every kill line.
  @Test func inAStormNoKillTakesAnothersHeader() {
    var log: [String] = []
    for pid in 1...50 {
      if pid <= 10 { log += [Self.header("t"), Self.constraint(pid, "x")] }
      log.append(Self.kill(pid, "x"))
    }
    let whole = (1...10).map { "\($0) x in /a/b, memcg of /a, by - t 0xcc0" }
    #expect(Self.told(log) == whole + (11...50).map { "\($0) x in -, - of -" })
  }

  @Test func aHeaderWithoutAKillIsNotKept() {
    for end in [
      "Out of memory and no killable processes...",
      "Out of memory: OOM victim 6 (w) is already exiting. Skip killing the task",
      "Kernel panic - not syncing: System is deadlocked on memory",
    ] {
      #expect(Self.told([Self.header("t"), end, "Killed process 7 (x)"]) == ["7 x in -, - of -"])
    }
    // A kernel that prints constraints leaves out both or none: this header's kill is still to come.
    let late = [
      Self.constraint(6, "w"), Self.kill(6, "w"), Self.header("t"), Self.kill(7, "x"),
      Self.constraint(8, "y"), Self.kill(8, "y"),
    ]
    #expect(
      Self.told(late) == [
        "6 w in /a/b, memcg of /a", "7 x in -, - of -", "8 y in /a/b, memcg of /a, by - t 0xcc0",
      ])
  }

  @Test func whatIsOpenDoesNotOutliveALossABootOrItsTime() {
    var reader = OOMReportReader()
    _ = reader.feed([Self.header("t")])
    #expect(reader.isInsideReport)
    reader.noteLoss()
    #expect(!reader.isInsideReport)
    let kills = reader.feed([Self.kill(7, "x")])
    #expect(kills.map { Self.told($0) } == ["7 x in -, - of -"])

    #expect(
      Self.told(["[ 2787.000000] " + Self.header("t"), "[  395.000000] Killed process 7 (x)"]) == [
        "7 x in -, - of -"
      ])
    #expect(
      Self.told(["[   10.000000] " + Self.header("t"), "[  140.000000] Killed process 7 (x)"]) == [
        "7 x in -, - of -"
      ])
    #expect(
      Self.told(["[   10.000000] " + Self.header("t"), "[  100.000000] Killed process 7 (x)"]) == [
        "7 x in -, - of -, by - t 0xcc0"
      ])
    let flood = Array(repeating: "usb 1-1: new device", count: 20_001)
    #expect(Self.told([Self.header("t")] + flood + ["Killed process 7 (x)"]) == ["7 x in -, - of -"])
  }

  // MARK: memory.oom.group

  @Test func aGroupsFirstVictimIsToldOnce() {
    let group = [
      Self.header("t"), Self.constraint(7, "x"), Self.kill(7, "x"),
      "Tasks in /a/b are going to be killed due to memory.oom.group set", Self.kill(6, "sh"),
      Self.kill(7, "x").replacing("anon-rss:2kB", with: "anon-rss:0kB"), Self.kill(8, "y"),
    ]
    let told = [
      "7 x in /a/b, memcg of /a, by - t 0xcc0", "6 sh in -, - of -, group /a/b",
      "8 y in -, - of -, group /a/b",
    ]
    #expect(Self.told(group) == told)
    var reader = OOMReportReader()
    _ = reader.feed(group)
    #expect(reader.killedLines == 4)
    // The next report is none of the group's, and the pid may come again.
    #expect(
      Self.told(
        group + [
          Self.header("t"), Self.constraint(9, "z"), Self.kill(9, "z"), Self.header("t"),
          Self.constraint(7, "x"), Self.kill(7, "x"),
        ])
        == told + ["9 z in /a/b, memcg of /a, by - t 0xcc0", "7 x in /a/b, memcg of /a, by - t 0xcc0"])
  }

  /// A log of errors only lacks the line between.
  @Test func theSameLineTwiceIsOneKill() {
    #expect(Self.told([Self.kill(7, "x"), Self.kill(6, "sh"), Self.kill(7, "x")]).count == 2)
    #expect(Self.told([Self.kill(7, "x"), Self.kill(7, "y")]).count == 2)
    #expect(
      Self.told(["[    1.000000] " + Self.kill(7, "x"), "[   60.000000] " + Self.kill(7, "x")]).count == 2)
  }

  // MARK: Announcements and programs

  @Test func anAnnouncementWithoutAKillIsOnlyThat() {
    var reader = OOMReportReader()
    _ = reader.feed([
      "Out of memory: Kill process 5 (lost) score 1 or sacrifice child", Self.header("t"),
      "Out of memory: Kill process 6 (a) score (b) score 9 or sacrifice child", "Killed process 7 (child)",
      "Out of Memory: Kill process 8 (y) score 1 and children.", "Killed process 8 (y)",
      "Out of memory: kill process 9 (z) score 1 or a child", "Kill process 10 (w) sharing same memory",
    ])
    #expect(
      reader.announcements.map { "\($0.pid) \($0.comm.printable)" } == ["5 lost", "9 z"])
  }

  @Test func theAnnouncementSaysWhichKindOfLimit() {
    var reader = OOMReportReader()
    let kills = reader.feed([
      "Memory cgroup out of memory: Kill process 7 (x) score 1 or sacrifice child", "Killed process 7 (x)",
      "Killed process 8 (x)",
      "Out of memory: Kill process 9 (x) score 1 or sacrifice child", "Killed process 9 (x)",
    ])
    #expect(kills.map(\.limitKind) == [.memcg, nil, .global])
  }

  @Test func recordsOfProgramsAreNotBelieved() throws {
    var reader = OOMReportReader()
    for line in String(
      decoding: try Fixture.bytes("kernel-logs/6.1/kmsg-spoof-from-userland.kmsg-raw.log"), as: UTF8.self
    ).split(separator: "\n") {
      let written = try KmsgRecord(Array(line.utf8))
      let forged = try KmsgRecord(Array("3\(line.drop { $0 != "," })".utf8))
      let kills = [reader.read(written), reader.read(forged)]
      #expect(kills.map { $0?.victim.pid } == [nil, 4242])
    }
  }
}
