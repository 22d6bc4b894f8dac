import GuardCore
import GuardTestSupport
import Testing

struct OOMReportReaderTests {
  /// What is compared of a kill where its sizes do not matter.
  private struct Told: Equatable, CustomStringConvertible {
    var description: String
    init(_ kill: OOMKill) {
      func text(_ bytes: [UInt8]?) -> String { bytes?.printable ?? "-" }
      description = "\(kill.victim.pid) \(text(kill.victim.comm)) in \(text(kill.victim.cgroup))"
      description += ", \(kill.constraint?.rawValue ?? "-") of \(text(kill.limitCgroup))"
      if let group = kill.groupCgroup { description += ", group \(text(group))" }
      if let trigger = kill.trigger {
        description +=
          ", by \(trigger.pid.map { "\($0)" } ?? "-") \(text(trigger.comm)) \(text(trigger.gfpMask))"
      }
      if let tasks = kill.tasksDumped { description += ", tasks \(tasks)" }
    }
  }

  private static func told(_ lines: [String]) -> [String] {
    var reader = OOMReportReader()
    return lines.compactMap { line in
      KernelLine(logLine: Array(line.utf8)[...]).flatMap { reader.read($0) }.map { Told($0).description }
    }
  }

  private static func header(_ comm: String) -> String {
    "\(comm) invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"
  }
  private static func cpu(_ pid: Int, _ comm: String) -> String {
    "CPU: 0 PID: \(pid) Comm: \(comm) Not tainted 6.1.0 #1"
  }
  private static let table = [
    "Tasks state (memory values in pages):",
    "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
    "[      7]     0     7      646      217    49152        0             0 x",
  ]
  private static func constraint(_ pid: Int, _ comm: String, _ cgroup: String = "/a/b") -> String {
    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=\(cgroup),task=\(comm),pid=\(pid),uid=0"
  }
  private static func kill(_ pid: Int, _ comm: String) -> String {
    "Memory cgroup out of memory: Killed process \(pid) (\(comm)) total-vm:\(pid)kB, anon-rss:2kB, file-rss:1kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0"
  }

  // MARK: One report

  @Test func aWholeReportIsJoined() {
    let report =
      [Self.header("t"), Self.cpu(70, "t")] + Self.table + [Self.constraint(7, "x"), Self.kill(7, "x")]
    #expect(Self.told(report) == ["7 x in /a/b, memcg of /a, by 70 t 0xcc0, tasks 1"])
  }

  @Test func theTextIsTheReportAsPrinted() throws {
    let report =
      [Self.header("t"), Self.cpu(70, "t"), " <TASK>"] + Self.table + [
        Self.constraint(7, "x"), Self.kill(7, "x"),
      ]
    var reader = OOMReportReader()
    let kills = reader.feed(["before"] + report + ["after"])
    #expect(
      kills.map { String(decoding: $0.reportText, as: UTF8.self) } == [report.joined(separator: "\n") + "\n"])
  }

  @Test func theTextOfAHugeReportIsBoundedAndKeepsTheLargestTasks() throws {
    var reader = OOMReportReader()
    var lines = [Self.header("t")] + Self.table.prefix(2)
    for pid in 1...20_000 {
      let rss = pid == 19_000 ? 5_000_000 : pid % 100
      lines.append("[\(pid)]     0 \(pid)      646      \(rss)    49152        0             0 task\(pid)")
    }
    lines += [Self.constraint(19_000, "task19000"), Self.kill(19_000, "task19000")]
    let kill = reader.feed(lines).first
    let text = try #require(kill).reportText
    #expect(text.count > 32_768 && text.count <= 65_536)
    #expect(kill?.tasksDumped == 20_000)
    let table = try #require(OOMTaskTable(report: text))
    #expect(table.rows.contains { $0.pid == 19_000 && $0.rssPages == 5_000_000 })
    #expect(String(decoding: text, as: UTF8.self).hasSuffix(lines.suffix(2).joined(separator: "\n") + "\n"))
  }

  @Test func oldReportsNameTheirCgroupsInAnotherLine() {
    let report = [
      "java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0",
      "Pid: 70, comm: java Not tainted 2.6.32 #1",
      "Task in /a/b killed as a result of limit of /a",
      "Memory cgroup out of memory: Kill process 6 (sh) score 9 or sacrifice child",
      "Killed process 7 (x) total-vm:3kB, anon-rss:2kB, file-rss:1kB",
    ]
    #expect(Self.told(report) == ["7 x in /a/b, - of /a, by 70 java 0xd0"])
  }

  @Test(arguments: [
    ("/a/b", "/a"), ("/a", "/a"), ("/x", "/"), ("/a/b killed as a result of limit of /c", "/a"),
    ("/a/b killed as a result of limit of /a/c", "/a"),
    ("/a killed as a result of limit of /b/c", "/a killed as a result of limit of /b"),
  ])
  func aCgroupsNameMayImitateThatLine(task: String, limit: String) {
    let report = ["Task in \(task) killed as a result of limit of \(limit)", "Killed process 7 (x)"]
    #expect(Self.told(report) == ["7 x in \(task), - of \(limit)"])
  }

  @Test(arguments: [
    ("oom-killer: gfp_mask=0xd2, order=0", "by - - 0xd2"),
    ("x invoked oom-killer: gfp_mask=0x201d2, order=0, oomkilladj=0", "by - x 0x201d2"),
    ("x invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0", "by - x 0x201da"),
    ("x invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0, oom_score_adj=0", "by - x 0x201da"),
    (
      "x invoked oom-killer: gfp_mask=0x24280ca(GFP_HIGHUSER), nodemask=0, order=0, oom_score_adj=0",
      "by - x 0x24280ca"
    ),
    ("x invoked oom-killer: gfp_mask=0x0(), nodemask=(null),  order=0, oom_score_adj=0", "by - x 0x0"),
    (
      "a, b: (c) invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=-1000",
      "by - a, b: (c) 0xcc0"
    ),
    ("x invoked oom-killer", "by - x -"), ("x invoked oom-killer: gfp_mask=0xcc", "by - x -"),
  ])
  func everyShapeOfAFirstLineIsRead(line: String, trigger: String) {
    #expect(Self.told([line, "Killed process 7 (x)"]) == ["7 x in -, - of -, \(trigger)"])
  }

  @Test func orderAndScoreOfTheTriggerAreRead() throws {
    var reader = OOMReportReader(keepsText: false)
    let header =
      "x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL|__GFP_ZERO), nodemask=0,1, order=-1, oom_score_adj=-1000"
    let kills = reader.feed([header, "Killed process 7 (x)"])
    let kill = try #require(kills.first)
    var expected = OOMKill.Trigger(comm: Array("x".utf8))
    (expected.gfpMask, expected.gfpNames) = (Array("0xcc0".utf8), Array("GFP_KERNEL|__GFP_ZERO".utf8))
    (expected.order, expected.score) = (-1, -1000)
    #expect(kill.trigger == expected)
  }

  @Test func aPIDIsTakenOnlyFromTheTaskNamed() {
    let foreign = [
      Self.header("t"), Self.cpu(99, "tt"), Self.cpu(70, "t"), Self.cpu(71, "t"), "Killed process 7 (x)",
    ]
    #expect(Self.told(foreign) == ["7 x in -, - of -, by 70 t 0xcc0"])
    let later = [Self.header("a b"), "CPU: 1 UID: 0 PID: 70 Comm: a b Tainted: G", "Killed process 7 (x)"]
    #expect(Self.told(later) == ["7 x in -, - of -, by 70 a b 0xcc0"])
  }

  // MARK: The constraint line

  @Test(arguments: [
    ",task=x,pid=1", ",pid=1,uid=0", "a\nb", "(sd-pam)", "x", "task_memcg=/x", ",task=,task=x", "",
  ])
  func aTasksNameMayImitateFields(comm: String) {
    #expect(
      Self.told(
        [Self.header("t"), Self.constraint(7, comm)].map { $0.replacingNewlines } + [
          Self.kill(7, comm).replacingNewlines
        ])
        == ["7 \(comm.replacingNewlines) in /a/b, memcg of /a, by - t 0xcc0"])
  }

  @Test(arguments: [
    ("/a", "/a"), ("/a", "/a/b"), ("/", "/x"), ("/a", "/a/b,task=x"), ("/a", "/a/b,task_memcg=/a/c"),
    ("/a,oom_memcg=/b", "/a,oom_memcg=/b"),
    ("/a,task_memcg=/a/q", "/a,task_memcg=/a/q"), ("/a,task_memcg=/a/q", "/a,task_memcg=/a/q/c"),
    ("/a b", "/a b/c,pid=1,uid=2"),
    ("/a", "/a/x.service,task=y,pid=1,uid=0"),
  ])
  func aCgroupsNameMayImitateFields(limit: String, task: String) {
    let line =
      "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=0-1,3,cpuset=x,oom_memcg=,mems_allowed=0-1,3,oom_memcg=\(limit),task_memcg=\(task),task=x,pid=7,uid=0"
    #expect(Self.told([line, Self.kill(7, "x")]) == ["7 x in \(task), memcg of \(limit)"])
  }

  @Test(arguments: [
    (
      "CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/t,task=x,pid=7,uid=0",
      "in /t, global of -"
    ),
    (
      "CONSTRAINT_CPUSET,nodemask=(null),cpuset=s,mems_allowed=0,global_oom,task_memcg=/t,task=x,pid=7,uid=0",
      "in /t, cpuset of -"
    ),
    (
      "CONSTRAINT_MEMORY_POLICY,nodemask=1,cpuset=/,mems_allowed=0-1,global_oom,task_memcg=/,task=x,pid=7,uid=0",
      "in /, mempolicy of -"
    ),
    ("CONSTRAINT_NONE,nodemask=(null),oom_memcg=/l,task_memcg=/l,task=x,pid=7,uid=0", "in /l, memcg of /l"),
    ("CONSTRAINT_NONE,nodemask=(null),task=x,pid=7,uid=0", "in -, global of -"),
    ("CONSTRAINT_BPF,nodemask=(null),oom_memcg=/l,task_memcg=/l,task=x,pid=7,uid=0", "in /l, memcg of /l"),
    ("CONSTRAINT_CPUSET,nodemask=(null),cpuset=s,mems_allowed=0", "in -, cpuset of -"),
    ("CONSTRAINT_NONE,nodemask=(null),cpuset=/,global_oom,task_memcg=/t,>", "in /t, global of -"),
    ("CONSTRAINT_NONE,nodemask=(null),cpuset=/,global_oom,task_memcg=/t,ta", "in /t, global of -"),
    ("CONSTRAINT_NONE,nodemask=(null),cpuset=/,global_oom,task_memcg=/t,task=xy,pi", "in /t, global of -"),
    ("CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,oom_memcg=/l,task_memcg=/l/t", "in -, memcg of /l"),
    ("CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,oom_memcg=/l/t", "in -, memcg of -"),
    ("CONSTRAINT_MEM", "in -, - of -"),
  ])
  func everyShapeOfTheConstraintLineIsRead(fields: String, told: String) {
    #expect(Self.told(["oom-kill:constraint=\(fields)", Self.kill(7, "x")]) == ["7 x \(told)"])
  }

  @Test func aLineTornByAnotherCPUIsPutTogether() {
    let report = [
      "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)", "usb 1-1: new device",
      ",cpuset=/,mems_allowed=0",
      ",oom_memcg=/a,task_memcg=", "/a/b", ",task=x,pid=7,uid=0", Self.kill(7, "x"),
    ]
    #expect(Self.told(report) == ["7 x in /a/b, memcg of /a"])
  }

  @Test func aThreadOfTheVictimMayBeNamed() {
    let allocating =
      "Out of memory (oom_kill_allocating_task): Killed process 7 (x) total-vm:3kB, UID:0 pgtables:1kB oom_score_adj:0"
    #expect(
      Self.told([Self.header("x"), Self.constraint(8, "x"), allocating]) == [
        "7 x in /a/b, memcg of /a, by - x 0xcc0"
      ])
    #expect(Self.told([Self.constraint(8, "x"), Self.kill(7, "x")]) == ["7 x in /a/b, memcg of /a"])
    #expect(
      Self.told([Self.header("t"), Self.constraint(8, "y"), Self.kill(7, "x")]) == ["7 x in -, - of -"])
  }

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
    #expect(kills.map { Told($0).description } == ["7 x in -, - of -"])

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
      Self.kill(7, "x").replacingOccurrences(of: "anon-rss:2kB", with: "anon-rss:0kB"), Self.kill(8, "y"),
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

extension OOMReportReader {
  fileprivate mutating func feed(_ lines: [String]) -> [OOMKill] {
    var kills: [OOMKill] = []
    for line in lines { if let kill = read(KernelLine(text: Array(line.utf8)[...])) { kills.append(kill) } }
    return kills
  }
}

extension String {
  fileprivate var replacingNewlines: String { map { $0 == "\n" ? "\\x0a" : "\($0)" }.joined() }

  fileprivate func replacingOccurrences(of old: String, with new: String) -> String {
    split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
  }
}
