import GuardCore
import Testing

/// One line for every shape the kernel has printed, read without anything around it.
struct OOMKillLineTests {
  private static func kill(_ text: String) -> OOMKill? {
    var reader = OOMReportReader(keepsText: false)
    return reader.read(KernelLine(text: Array(text.utf8)[...]))
  }

  private static func expected(
    _ pid: Int32, _ comm: String?, uid: UInt32? = nil, kB sizes: [UInt64?] = [], score: Int? = nil,
    _ kind: OOMKill.LimitKind? = nil, _ constraint: OOMKill.Constraint? = nil
  ) -> OOMKill {
    var victim = OOMKill.Victim(pid: pid, comm: comm.map { Array($0.utf8) })
    (victim.uid, victim.score) = (uid, score)
    let sizes = sizes + Array(repeating: nil, count: 5 - sizes.count)
    (victim.totalVMKB, victim.anonRSSKB, victim.fileRSSKB) = (sizes[0], sizes[1], sizes[2])
    (victim.shmemRSSKB, victim.pgtablesKB) = (sizes[3], sizes[4])
    var kill = OOMKill(victim: victim)
    (kill.limitKind, kill.constraint) = (kind, constraint)
    return kill
  }

  @Test func everyShapeSinceLinux24IsRead() {
    let lines: [(String, OOMKill)] = [
      ("Out of Memory: Killed process 1147 (bk).", Self.expected(1147, "bk", .global)),
      ("Out of memory: Killed process 2592 (mysql).", Self.expected(2592, "mysql", .global)),
      ("No available memory (MPOL_BIND): Killed process 3 (x).", Self.expected(3, "x", nil, .mempolicy)),
      ("No available memory in cpuset: Killed process 3 (x).", Self.expected(3, "x", nil, .cpuset)),
      ("Out of memory (oom_kill_allocating_task): Killed process 3 (x).", Self.expected(3, "x", .global)),
      (
        "Out of memory: Killed process 3196, UID 48, (httpd).", Self.expected(3196, "httpd", uid: 48, .global)
      ),
      ("Killed process 2592 (mysql)", Self.expected(2592, "mysql")),
      (
        "Killed process 2726 (gnome-power-man) vsz:319232kB, anon-rss:8156kB, file-rss:2764kB",
        Self.expected(2726, "gnome-power-man", kB: [319_232, 8156, 2764])
      ),
      (
        "Killed process 9682, UID 27, (mysqld) total-vm:47388kB, anon-rss:3744kB, file-rss:80kB",
        Self.expected(9682, "mysqld", uid: 27, kB: [47_388, 3744, 80])
      ),
      (
        "Killed process 2726 (x) total-vm:3kB, anon-rss:2kB, file-rss:1kB",
        Self.expected(2726, "x", kB: [3, 2, 1])
      ),
      (
        "Killed process 2726 (x) total-vm:3kB, anon-rss:2kB, file-rss:1kB, shmem-rss:0kB",
        Self.expected(2726, "x", kB: [3, 2, 1, 0])
      ),
      (
        "Killed process 799 (node), UID 1000, total-vm:3kB, anon-rss:2kB, file-rss:1kB, shmem-rss:0kB",
        Self.expected(799, "node", uid: 1000, kB: [3, 2, 1, 0])
      ),
      (
        "Memory cgroup out of memory: Killed process 7 (x) total-vm:3kB, anon-rss:2kB, file-rss:1kB, shmem-rss:0kB",
        Self.expected(7, "x", kB: [3, 2, 1, 0], .memcg)
      ),
      (
        "Out of memory: Killed process 7 (x) total-vm:3kB, anon-rss:2kB, file-rss:1kB, shmem-rss:0kB, UID:1000",
        Self.expected(7, "x", uid: 1000, kB: [3, 2, 1, 0], .global)
      ),
      (
        "Out of memory: Killed process 7 (x) total-vm:3kB, anon-rss:2kB, file-rss:1kB, shmem-rss:0kB, UID:0 pgtables:44kB oom_score_adj:-900",
        Self.expected(7, "x", uid: 0, kB: [3, 2, 1, 0, 44], score: -900, .global)
      ),
      (
        "Out of memory: Killed process 7 (x) total-vm:3kB, anon-rss:2kB, file-rss:1kB, shmem-rss:0kB, UID:0 pgtables:44KB oom_score_adj:0 new:1",
        Self.expected(7, "x", uid: 0, kB: [3, 2, 1, 0, 44], score: 0, .global)
      ),
    ]
    for (line, kill) in lines { #expect(Self.kill(line) == kill, "\(line)") }
  }

  @Test(arguments: [
    "Plex Media Server", "(sd-pam)", "()", ")", "(", "1 (x), UID:0", "a), UID 5, b", ") total-vm:1kB,",
    "\"quotes\"",
    ",task=x,pid=1", "a\nb", "ünïcödé", "", " ", "x86_64-pc-linux-gnu-c++-5.4.0", ") vsz:9kB, x",
  ])
  func aNameMayHoldAnything(comm: String) {
    let sizes = "total-vm:3kB, anon-rss:2kB, file-rss:1kB"
    #expect(Self.kill("Killed process 7 (\(comm)) \(sizes)") == Self.expected(7, comm, kB: [3, 2, 1]))
    #expect(
      Self.kill("Killed process 7, UID 4, (\(comm)) \(sizes)")
        == Self.expected(7, comm, uid: 4, kB: [3, 2, 1]))
    #expect(
      Self.kill("Killed process 7 (\(comm)), UID 4, \(sizes)")
        == Self.expected(7, comm, uid: 4, kB: [3, 2, 1]))
    #expect(
      Self.kill(
        "Out of memory: Killed process 7 (\(comm)) \(sizes), shmem-rss:0kB, UID:4 pgtables:8kB oom_score_adj:5"
      )
        == Self.expected(7, comm, uid: 4, kB: [3, 2, 1, 0, 8], score: 5, .global))
  }

  @Test(arguments: [
    ("Killed process 7 (x) total-vm:3kB, anon-rss:2", [3, nil]), ("Killed process 7 (x) total-vm:3k", [nil]),
    ("Killed process 7 (x) total-vm:3, anon-rss:2kB", [nil, 2]),
    ("Killed process 7 (x) total-vm:3kB, anon-r", [3]),
    ("Killed process 7 (x) total-vm:99999999999999999999kB", []), ("Killed process 7 (x) total-vm:-3kB", []),
  ])
  func aSizeThatWasCutOrHasNoUnitIsUnknown(line: String, sizes: [UInt64?]) {
    #expect(Self.kill(line) == Self.expected(7, "x", kB: sizes))
  }

  @Test(
    arguments: [
      ("UID:0 pgtables:100kB oom_score_a0", nil), ("UID:0 oom_score_adj:", nil),
      ("UID:0 oom_score_adj:1001", nil),
      ("UID:0 oom_score_adj:-1000", -1000),
    ] as [(String, Int?)])
  func aScoreIsReadWholeOrNotAtAll(end: String, score: Int?) {
    #expect(Self.kill("Killed process 7 (x) total-vm:3kB, \(end)")?.victim.score == score)
  }

  @Test func aLineThatEndsInsideTheNameKeepsItsPID() {
    #expect(Self.kill("Out of memory: Killed process 7 (fire") == Self.expected(7, nil, .global))
  }

  @Test(arguments: [
    "Out of memory: Kill process 636 (atd) score 0 or sacrifice child",
    "Out of memory: kill process 2716 (gnome-session) score 191570 or a child",
    "Out of Memory: Kill process 636 (atd) score 50 and children.",
    "Memory cgroup out of memory: Kill process 7 (x) score 1 or sacrifice child",
    "Out of memory (oom_kill_allocating_task): Kill process 7 (x) score 0 or sacrifice child",
    "oom_reaper: reaped process 4578 (oom02), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
    "oom_reaper: unable to reap pid:118444 (a.out)", "Kill process 7 (x) sharing same memory",
    "out_of_memory: Current (4583) has a pending SIGKILL", "Out of memory and no killable processes...",
    "Memory cgroup out of memory: OOM victim 7 (x) is already exiting. Skip killing the task",
    "Tasks in /x are going to be killed due to memory.oom.group set",
    "oom_kill_process: 132 callbacks suppressed",
    "Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled", "Killed process",
    "Killed process 7",
    "Killed process x (y)", "Killed process 0 (x)", "Killed process -7 (x)", "Killed process 99999999999 (x)",
    "Killed process 7, UID x, (y)", "Killed process 7(x)", "java: Out of memory: Killed process 7 (x)",
    "oom-kill of memory: Killed process 7 (x)", "Out of memory in app.slice",
    "lowmemorykiller: Killing 'x' (24327), adj 0,",
    "earlyoom: Killed process 7 (x)", "systemd-oomd[1]: Killed /user.slice due to memory pressure",
    "VM: killing process x", "DBG OOM_KILL_PROCESS: Preparing to kill process", "killed process 7 (x)",
  ])
  func whatIsNoKillIsNotTakenForOne(line: String) { #expect(Self.kill(line) == nil) }
}
