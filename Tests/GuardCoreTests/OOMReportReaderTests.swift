import GuardCore
import GuardTestSupport
import Testing

struct OOMReportReaderTests: OOMReportLines {
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
}
