import GuardTestSupport
import Testing

/// `oomguardctl check` on machines laid out in files: what is read from where.
struct MachineCheckTests {
  private let root: TemporaryRoot

  init() throws {
    root = try TemporaryRoot()
    try root.installMachine()
    for (name, value) in Self.sane { try root.write("\(value)\n", to: "proc/sys/vm/\(name)") }
    try root.write("[guard]\n", to: "etc/oomguard.conf")
    try root.write("some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", to: "proc/pressure/memory")
    try root.write(
      """
      MemTotal:       14000000 kB
      SwapTotal:       2000000 kB
      SwapFree:        2000000 kB
      CommitLimit:     9000000 kB
      Committed_AS:    6000000 kB

      """, to: "proc/meminfo")
  }

  private static let sane = [
    ("overcommit_ratio", 50), ("overcommit_kbytes", 0), ("swappiness", 60), ("min_free_kbytes", 67584),
    ("watermark_scale_factor", 10), ("panic_on_oom", 0), ("oom_kill_allocating_task", 0),
    ("oom_dump_tasks", 1),
  ]

  private func check() throws -> BuiltClient.Outcome {
    try BuiltClient.run(["check", "--root", root.path]).without(root.path)
  }

  /// Of each finding the first line, up to its id.
  private func ids() throws -> [String] {
    try check().output.split(separator: "\n").compactMap { line in
      guard let open = line.lastIndex(of: "["), line.hasSuffix("]") else { return nil }
      return String(line[line.index(after: open)...].dropLast())
    }
  }

  @Test func aSaneMachineHasNothingToMend() throws {
    #expect(try check() == .init(status: 0, output: "Nothing to mend.\n", complaint: ""))
  }

  @Test(arguments: [
    ("proc/sys/vm/overcommit_memory", "1", "overcommit-always"),
    ("proc/sys/vm/panic_on_oom", "2", "panic-on-oom"),
    ("proc/sys/vm/oom_kill_allocating_task", "1", "kills-allocating-task"),
    ("proc/sys/vm/oom_dump_tasks", "0", "no-task-dump"),
    ("proc/sys/vm/min_free_kbytes", "1", "min-free-too-low"),
    ("proc/sys/vm/swappiness", "0", "swappiness-zero"),
    ("proc/swaps", "Filename Type Size Used Priority\n/dev/zram0 partition 2000000 0 100", "swap-in-ram"),
    ("proc/sysvipc/shm", "h\n0 7 600 4096 1 1 0 0 0 0 0 0 0 0 4096 0", "orphaned-segment"),
    ("proc/self/mountinfo", "1 0 0:9 / /t rw - tmpfs t rw,size=14000000k", "tmpfs-beyond-ram"),
    ("proc/self/mountinfo", "1 0 0:9 / /proc rw - proc proc rw,hidepid=2", "hidepid"),
    ("proc/vmstat", "allocstall_normal 20000", "narrow-watermarks"),
  ])
  func eachSettingIsReadFromItsFile(file: String, text: String, id: String) throws {
    try root.write("\(text)\n", to: file)
    #expect(try ids() == [id])
  }

  @Test func aTmpfsThatIsHiddenIsNotJudged() throws {
    let mount = "- tmpfs t rw,size="
    try root.write(
      "1 0 0:9 / /t rw \(mount)99000000k\n2 1 0:10 / /t rw \(mount)4k\n", to: "proc/self/mountinfo")
    #expect(try ids() == [])
  }

  @Test func aTmpfsThatMayNotBeWrittenMayNotGrow() throws {
    try root.write("1 0 0:9 / /t ro - tmpfs t ro,size=99000000k\n", to: "proc/self/mountinfo")
    #expect(try ids() == [])
  }

  @Test func withoutPressureNothingWarns() throws {
    try root.remove("proc/pressure/memory")
    #expect(try ids() == ["no-pressure"])
  }

  @Test func immunityThatWasInheritedIsLeaked() throws {
    try FakeProcess(pid: 510, comm: "bash", parent: 500, score: -1000).install(in: root)
    #expect(
      try check()
        == .init(
          status: 1,
          output: """
            warning: bash has -1000 as its parent has, and no rule says so: it, and all it starts, can \
            take the machine down without being killed [leaked-immunity]
              mend: choom -n 0 -p 510
              see:  Documentation/filesystems/proc.rst

            Found: 1 warning

            """, complaint: ""))
  }

  @Test func whatARulesUnitIsSetToIsReadFromItsCgroup() throws {
    try root.write(
      "[[protect]]\nname = \"database\"\nunit = \"db.service\"\nscore = -900\nscope = \"all\"\n",
      to: "etc/oomguard.conf")
    let cgroup = "/system.slice/db.service"
    for pid in [801, 802] as [Int32] {
      try FakeProcess(pid: pid, comm: "db", cgroup: cgroup).install(in: root)
    }
    try root.write("", to: "sys/fs/cgroup/system.slice/cgroup.procs")
    try root.write("801\n802\n", to: "sys/fs/cgroup\(cgroup)/cgroup.procs")
    try root.write("max\n", to: "sys/fs/cgroup\(cgroup)/memory.max")
    try root.write("1\n", to: "sys/fs/cgroup\(cgroup)/memory.oom.group")
    try root.write("1048576000\n", to: "sys/fs/cgroup/system.slice/memory.max")
    #expect(try ids() == ["unit-oom-group", "unit-memory-limit"])
    #expect(try check().output.contains("'/system.slice', in which 'db.service' is, may have 1000 MiB"))
  }

  @Test func anotherKillerIsKnownByNameAndRight() throws {
    try FakeProcess(pid: 900, comm: "earlyoom", uid: 1000).install(in: root)
    #expect(try ids() == [])
    try FakeProcess(pid: 900, comm: "earlyoom", uid: 0).install(in: root)
    #expect(try ids() == ["other-killer"])
  }

  @Test func aBrokenConfigurationIsNoReasonToStop() throws {
    try root.write("[[protect]\n", to: "etc/oomguard.conf")
    let outcome = try check()
    #expect(outcome.status == 0)
    #expect(
      outcome.output.hasPrefix(
        "Nothing to mend in what could be looked at.\n! the rules could not be read"))
  }

  @Test func anEmptyRootIsSaidToBeOne() throws {
    let empty = try TemporaryRoot()
    let outcome = try BuiltClient.run(["check", "--json", "--root", empty.path])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("\"findings\": [],"))
    #expect(outcome.output.contains("/proc/meminfo cannot be read"))
  }
}
