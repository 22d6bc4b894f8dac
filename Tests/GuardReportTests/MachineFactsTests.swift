import GuardCore
import GuardReport
import Testing

/// What each setting comes to: facts in, findings out.
struct MachineFactsTests {
  private typealias Change = @Sendable (inout MachineFacts) -> Void

  /// A machine about which there is nothing to say.
  private static func sane() throws -> MachineFacts {
    var facts = MachineFacts()
    facts.memory = try MemoryInfo(
      Array("MemTotal: 8000000 kB\nSwapTotal: 4000000 kB\nSwapFree: 3000000 kB\n".utf8))
    facts.overcommit = Overcommit(
      mode: .guess, totalKB: 12_000_000, commitLimitKB: 8_000_000, committedKB: 2_000_000)
    (facts.overcommitRatio, facts.overcommitKB) = (50, 0)
    (facts.swappiness, facts.minFreeKB, facts.watermarkScale) = (60, 67_584, 10)
    (facts.panicOnOOM, facts.killsAllocating, facts.dumpsTasks) = (0, 0, 1)
    (facts.hasPressure, facts.stalls) = (true, 5)
    facts.swaps = [.init(name: "/dev/sda2", sizeKB: 4_000_000, usedKB: 1_000_000)]
    facts.tmpfs = [.init(path: "/run", limitKB: 800_000)]
    return facts
  }

  private static func segment(attached: Int) -> [SharedSegment] {
    SharedSegment.table(Array("0 7 600 134217728 42 42 \(attached) 0 0 1000 0 0 0 0 67108864 0".utf8))
  }

  private static func rule(_ name: String, _ score: Int, _ kind: Rule.Kind = .protect) -> Rule {
    Rule(
      name: name, kind: kind, amount: .score(OOMScoreAdj(score) ?? .zero), scope: .main, selector: Selector(),
      position: SourcePosition(file: "f", line: 1, column: 1))
  }

  private static func unit(_ score: Int, _ change: (inout UnitFacts) -> Void) -> UnitFacts {
    var unit = UnitFacts(
      name: "db.service", rule: "database", ruleScore: OOMScoreAdj(score) ?? .zero, processes: 3)
    change(&unit)
    return unit
  }

  private static func never(_ limit: UInt64, _ committed: UInt64) -> Overcommit {
    Overcommit(mode: .never, totalKB: 12_000_000, commitLimitKB: limit, committedKB: committed)
  }

  /// What is changed of the sane machine, and what is then found: id, severity, subject.
  private static let cases: [(String, Change, [String])] = [
    ("a sane machine", { _ in }, []),
    ("nothing known", { $0 = MachineFacts() }, []),
    (
      "overcommit 1", { $0.overcommit?.mode = .always },
      ["overcommit-always info vm.overcommit_memory"]
    ),
    (
      "overcommit 2", { $0.overcommit = never(9_000_000, 3_000_000) },
      ["overcommit-never info vm.overcommit_memory"]
    ),
    (
      "overcommit 2, near its limit", { $0.overcommit = never(9_000_000, 7_650_000) },
      ["overcommit-limit warning vm.overcommit_memory"]
    ),
    (
      "overcommit 2, at its limit", { $0.overcommit = never(9_000_000, 8_820_000) },
      ["overcommit-limit danger vm.overcommit_memory"]
    ),
    (
      "overcommit 2, beyond its limit", { $0.overcommit = never(9_000_000, 19_000_000) },
      ["overcommit-limit danger vm.overcommit_memory"]
    ),
    (
      "overcommit 2 with less than RAM", { $0.overcommit = never(7_000_000, 1_000_000) },
      [
        "overcommit-limit-below-ram warning vm.overcommit_ratio",
        "overcommit-never info vm.overcommit_memory",
      ]
    ),
    ("panic", { $0.panicOnOOM = 1 }, ["panic-on-oom warning vm.panic_on_oom"]),
    ("panic for any limit", { $0.panicOnOOM = 2 }, ["panic-on-oom danger vm.panic_on_oom"]),
    (
      "the allocating task", { $0.killsAllocating = 1 },
      ["kills-allocating-task warning vm.oom_kill_allocating_task"]
    ),
    ("no dump", { $0.dumpsTasks = 0 }, ["no-task-dump info vm.oom_dump_tasks"]),
    ("no PSI", { $0.hasPressure = false }, ["no-pressure warning /proc/pressure/memory"]),
    ("hidepid", { $0.hidePID = "2" }, ["hidepid info /proc"]),
    ("hidepid by name", { $0.hidePID = "invisible" }, ["hidepid info /proc"]),
    ("no hidepid", { $0.hidePID = "off" }, []),
    ("min_free too low", { $0.minFreeKB = 1023 }, ["min-free-too-low danger vm.min_free_kbytes"]),
    ("min_free just enough", { $0.minFreeKB = 1024 }, []),
    ("min_free too high", { $0.minFreeKB = 400_001 }, ["min-free-too-high warning vm.min_free_kbytes"]),
    (
      "waits and narrow watermarks", { $0.stalls = 10_000 },
      ["narrow-watermarks info vm.watermark_scale_factor"]
    ),
    (
      "waits and wide watermarks",
      {
        $0.stalls = 10_000
        $0.watermarkScale = 100
      }, []
    ),
    (
      "no swap",
      {
        $0.memory?.swapTotalKB = 0
        $0.memory?.swapFreeKB = 0
        $0.swappiness = 0
      }, ["no-swap info swap"]
    ),
    ("full swap", { $0.memory?.swapFreeKB = 399_999 }, ["swap-full warning swap"]),
    ("swappiness 0", { $0.swappiness = 0 }, ["swappiness-zero warning vm.swappiness"]),
    ("swappiness for a disk", { $0.swappiness = 150 }, ["swappiness-high info vm.swappiness"]),
    (
      "zram",
      {
        $0.swappiness = 150
        $0.swaps = [.init(name: "/dev/zram0", sizeKB: 4_000_000, usedKB: 0)]
      }, ["swap-in-ram info zram"]
    ),
    (
      "more zram than twice the RAM",
      { $0.swaps = [.init(name: "/dev/zram0", sizeKB: 16_000_001, usedKB: 0)] },
      ["swap-in-ram warning zram"]
    ),
    (
      "an orphaned segment", { $0.segments = segment(attached: 0) },
      ["orphaned-segment warning System V segment 7"]
    ),
    ("a segment in use", { $0.segments = segment(attached: 1) }, []),
    (
      "a tmpfs as large as RAM", { $0.tmpfs = [.init(path: "/dev/shm", limitKB: 8_000_000)] },
      ["tmpfs-beyond-ram warning /dev/shm"]
    ),
    (
      "a tmpfs without limit", { $0.tmpfs = [.init(path: "/a b", limitKB: nil)] },
      ["tmpfs-beyond-ram warning /a b"]
    ),
    (
      "leaked immunity",
      { $0.immune = [.init(pid: 77, comm: "bash", unit: "session-1.scope", isInherited: true)] },
      ["leaked-immunity warning pid 77 'bash'"]
    ),
    (
      "immunity by rule, and set by itself",
      {
        $0.immune = [
          .init(pid: 77, comm: "sshd", rule: "ssh", isInherited: true),
          .init(pid: 78, comm: "udevd", isInherited: false),
        ]
      }, []
    ),
    (
      "OOMPolicy=stop", { $0.units = [unit(-900) { $0.oomPolicy = "stop" }] },
      ["unit-oom-policy warning db.service"]
    ),
    ("OOMPolicy=continue", { $0.units = [unit(-900) { $0.oomPolicy = "continue" }] }, []),
    (
      "OOMPolicy=stop of one process",
      {
        $0.units = [
          unit(-900) {
            $0.oomPolicy = "stop"
            $0.processes = 1
          }
        ]
      }, []
    ),
    (
      "OOMPolicy=kill, which sets memory.oom.group",
      {
        $0.units = [
          unit(-900) {
            $0.oomPolicy = "kill"
            $0.killsTogether = "/system.slice/db.service"
          }
        ]
      }, ["unit-oom-policy warning db.service"]
    ),
    (
      "memory.oom.group above", { $0.units = [unit(-900) { $0.killsTogether = "/system.slice" }] },
      ["unit-oom-group warning db.service"]
    ),
    (
      "a limit",
      {
        $0.units = [
          unit(-900) {
            $0.memoryLimitKB = 100_000
            $0.limitedBy = "/system.slice"
          }
        ]
      }, ["unit-memory-limit info db.service"]
    ),
    (
      "a limit on what is all immune",
      {
        $0.units = [
          unit(-1000) {
            $0.memoryLimitKB = 100_000
            $0.limitedBy = "db.service"
            $0.ruleScope = .all
          }
        ]
      }, ["unit-memory-limit danger db.service"]
    ),
    (
      "OOMScoreAdjust beyond the promise", { $0.units = [unit(-900) { $0.oomScoreAdjust = -900 }] },
      ["unit-score info db.service"]
    ),
    (
      "OOMScoreAdjust against the promise", { $0.units = [unit(-900) { $0.oomScoreAdjust = 300 }] },
      ["unit-score warning db.service"]
    ),
    ("OOMScoreAdjust short of the promise", { $0.units = [unit(-900) { $0.oomScoreAdjust = -500 }] }, []),
    (
      "systemd-oomd on a slice above",
      {
        $0.units = [unit(-900) { $0.managedOOM = ["ManagedOOMSwap=kill of '-.slice'"] }]
        $0.killers = [.systemdOOMD: 9]
        $0.rules = [rule("database", -900)]
      }, ["unit-managed-oom warning db.service", "other-killer warning systemd-oomd"]
    ),
    (
      "systemd-oomd set but not running",
      { $0.units = [unit(-900) { $0.managedOOM = ["ManagedOOMSwap=kill of '-.slice'"] }] },
      ["unit-managed-oom info db.service"]
    ),
    (
      "systemd-oomd told to leave it",
      {
        $0.units = [
          unit(-900) {
            $0.managedOOM = ["ManagedOOMSwap=kill of '-.slice'"]
            $0.managedOOMPreference = "omit"
          }
        ]
      }, []
    ),
    (
      "a sacrifice has no promise to break",
      {
        $0.units = [
          unit(500) {
            $0.ruleKind = .sacrifice
            $0.oomPolicy = "stop"
            $0.killsTogether = "/"
            $0.memoryLimitKB = 1
            $0.limitedBy = "/"
            $0.managedOOM = ["x"]
          }
        ]
      }, []
    ),
    (
      "all the other killers", { $0.killers = [.earlyoom: 5, .nohang: 6, .systemdOOMD: 7, .oomd: 8] },
      [
        "other-killer warning earlyoom", "other-killer warning nohang", "other-killer warning systemd-oomd",
        "other-killer warning oomd",
      ]
    ),
  ]

  @Test(arguments: cases.indices)
  func eachSettingHasItsFinding(index: Int) throws {
    let (name, change, expected) = Self.cases[index]
    var facts = try Self.sane()
    change(&facts)
    let found = facts.findings()
    #expect(found.map { "\($0.id) \($0.severity.rawValue) \($0.subject)" } == expected, "\(name)")
    for finding in found {
      #expect(!finding.message.isEmpty && !finding.remedy.isEmpty && !finding.source.isEmpty, "\(name)")
    }
  }

  @Test func theWorstComeFirst() throws {
    var facts = try Self.sane()
    (facts.dumpsTasks, facts.killsAllocating, facts.panicOnOOM) = (0, 1, 2)
    #expect(facts.findings().map(\.severity) == [.danger, .warning, .info])
  }

  @Test func anotherKillerIsToldForEachRule() throws {
    var facts = try Self.sane()
    facts.rules = [Self.rule("ssh", -1000), Self.rule("database", -900), Self.rule("batch", 500, .sacrifice)]
    facts.units = [Self.unit(-900) { $0.managedOOM = ["ManagedOOMSwap=kill of '-.slice'"] }]
    facts.killers = [.earlyoom: 5, .systemdOOMD: 7]
    let messages = facts.findings().filter { $0.id == "other-killer" }.map(\.message)
    #expect(
      messages == [
        "earlyoom runs beside oomguard (pid 5) and sends SIGTERM to the process with the highest oom_score "
          + "before the kernel "
          + "would; it spares what these rules protect: 'ssh'; for these rules it goes by the lowered "
          + "score, but "
          + "earlier than the kernel: 'database'",
        "systemd-oomd runs beside oomguard (pid 7) and kills whole cgroups by pressure and swap use, "
          + "without regard to scores; it "
          + "may kill what these rules protect: 'database'; no unit it acts on is of these: 'ssh'",
      ])
  }

  @Test func aRemedyCanBePastedIntoAShell() throws {
    var facts = try Self.sane()
    facts.tmpfs = [.init(path: "/a'b c", limitKB: nil)]
    #expect(facts.findings().map(\.remedy) == [#"mount -o remount,size=50% '/a'\''b c'"#])
  }
}
