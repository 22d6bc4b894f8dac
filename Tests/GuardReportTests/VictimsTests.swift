import Foundation
import GuardCore
import GuardLinux
import GuardReport
import GuardStatus
import GuardTestSupport
import Testing

/// `victims` on directories shaped like `/`.
struct VictimsTests {
  private let root: TemporaryRoot

  init() throws {
    root = try TemporaryRoot()
    try root.installMachine()
  }

  private static let rules = """
    [[protect]]
    name = "database"
    unit = "postgresql@*.service"
    score = -900
    [[protect]]
    name = "ssh"
    exe = "/usr/sbin/sshd"
    score = -1000
    allow_immune = true
    [[sacrifice]]
    name = "batch"
    comm = "hog"
    score = 100

    """
  private static let unit = "/system.slice/postgresql@15-main.service"

  private func install(_ process: FakeProcess) throws {
    try process.install(in: root)
    guard process.cgroup != "/" else { return }
    // As the kernel lists them, in the order in which they came.
    let list = "sys/fs/cgroup\(process.cgroup)/cgroup.procs"
    let others = (try? root.text(of: list)) ?? ""
    try root.write("\(others)\(process.pid)\n", to: list)
  }

  /// A database of two processes, its main process under its rule's promise, and sshd under another.
  private func installServices(rules: String? = Self.rules) throws {
    if let rules { try root.write(rules, to: "etc/oomguard.conf") }
    try install(
      FakeProcess(
        pid: 991, comm: "postgres", score: -900, anonKB: 1_024_000, fileKB: 128_000, pgtablesKB: 6_400,
        cgroup: Self.unit))
    try install(FakeProcess(pid: 992, comm: "postgres", anonKB: 64_000, cgroup: Self.unit))
    try FileManager.default.createSymbolicLink(
      atPath: "\(root.path)/proc/500/exe", withDestinationPath: "/usr/sbin/sshd")
  }

  private func victims(
    in cgroup: String? = nil, whatIf changes: [String] = [], config: String? = nil
  ) throws -> Victims {
    try Victims(
      in: cgroup, whatIf: changes.map { try WhatIf($0) }, config: config, root: RootDirectory(root.path),
      at: StatusDocument.lastWritten)
  }

  private func pids(in cgroup: String? = nil, whatIf changes: [String] = []) throws -> [Int32] {
    try victims(in: cgroup, whatIf: changes).victims.map(\.pid)
  }

  private func screen(_ answer: Victims, top: Int = 10, width: Int? = nil) -> String {
    VictimsScreen(answer, top: top, in: Appearance(width: width)).lines().map { "\($0)\n" }.joined()
      .replacingOccurrences(of: root.path, with: "")
  }

  private func golden(_ name: String) throws -> String {
    try String(decoding: Fixture.bytes("victims/\(name)"), as: UTF8.self)
  }

  // MARK: Whole answers

  @Test func theMachinesVictimsAndEachServicesMargin() throws {
    try installServices()
    let answer = try victims()
    #expect(try screen(answer) == golden("machine.txt"))
    #expect(try screen(answer, top: 1, width: 72) == golden("narrow.txt"))
    let json = try JSONWriter.bytes(of: answer, layout: .indented)
    #expect(try String(decoding: json, as: UTF8.self) == golden("machine.json"))
    #expect(answer.exitStatus == .fine)
  }

  @Test func theFirstAreAllThatIsLeftOfALongAnswer() throws {
    let answer = try victims()
    #expect(answer.limited(to: 1).victims == Array(answer.victims.prefix(1)))
    #expect(answer.limited(to: nil) == answer)
  }

  @Test func theNextToGoBeingProtectedIsAFinding() throws {
    try installServices()
    let answer = try victims(whatIf: ["postgresql@15-main=1000"])
    #expect(answer.victims.first?.pid == 991)
    #expect(answer.exitStatus == .finding)
    #expect(
      screen(answer).contains("\ndatabase   postgresql@15-main.service  991  postgres   1000  next\n"))
    #expect(answer.notes == ["taken for given: postgresql@15-main.service with the score 1000"])
  }

  @Test func ofAServiceWhoseEveryProcessIsMeantTheNearestIsShown() throws {
    try root.write(
      Self.rules.replacingOccurrences(of: "score = -900", with: "score = -900\nscope = \"all\""),
      to: "etc/oomguard.conf")
    try installServices(rules: nil)
    #expect(try victims().protected.map(\.pid) == [992, 991, 500])
    #expect(
      screen(try victims()).contains(
        "database   postgresql@15-main.service  992  postgres      0  only after 3.6 GiB more (and 1 more, later)"
      ))
  }

  // MARK: Who competes

  @Test func aProcessWhoseFirstThreadEndedStillCounts() throws {
    try FakeProcess(pid: 800, comm: "zombie", state: "Z", anonKB: nil, threads: 3).install(in: root)
    for (thread, rss) in [(800, nil), (801, 4_800_000)] as [(Int, Int?)] {
      let sizes = rss.map { "VmRSS:\t\($0) kB\nVmPTE:\t64 kB\n" } ?? ""
      try root.write("Name:\tworker\nTgid:\t800\n\(sizes)", to: "proc/800/task/\(thread)/status")
    }
    let first = try #require(try victims().victims.first)
    #expect((first.pid, first.comm, first.rssKB) == (800, "zombie", 4_800_000))
    // One with no thread left is no candidate.
    try FakeProcess(pid: 801, comm: "dead", state: "Z", anonKB: nil).install(in: root)
    #expect(try pids() == [800, 700, 600])
  }

  @Test func aContainersFirstProcessIsACandidate() throws {
    #expect(try pids() == [700, 600])
    try FakeProcess(pid: 1, comm: "app", parent: 0, anonKB: 6_400_000, points: 700).install(in: root)
    #expect(try pids() == [1, 700, 600])
  }

  @Test func whomTheKernelHasNoPointsForIsPassedOver() throws {
    try FakeProcess(pid: 800, comm: "vforking", anonKB: 6_400_000, points: 0).install(in: root)
    #expect(try pids() == [700, 600])
    // There is nothing left of a score of -999 either way, so its 0 says nothing.
    try FakeProcess(pid: 800, score: -999, anonKB: 16_000_000, points: 0).install(in: root)
    for pid: Int32 in [600, 700] { try FileManager.default.removeItem(atPath: "\(root.path)/proc/\(pid)") }
    #expect(try pids() == [800])
  }

  @Test func whereOthersAreHiddenItSaysSo() throws {
    try root.write("1 (x) S\n", to: "proc/self/stat")
    try FileManager.default.removeItem(atPath: "\(root.path)/proc/1")
    #expect(try victims().notes.first == "other users' processes are hidden here; run as root to see all")
  }

  @Test func settingsUnderWhichTheKernelDoesOtherwiseAreTold() throws {
    try root.write("1\n", to: "proc/sys/vm/panic_on_oom")
    try root.write("1\n", to: "proc/sys/vm/oom_kill_allocating_task")
    #expect(
      try victims().notes.prefix(2) == [
        "vm.panic_on_oom is 1: out of memory, the machine stops instead",
        "vm.oom_kill_allocating_task is 1: out of memory, whichever process asks for more is killed",
      ])
  }

  // MARK: Cgroups

  /// Scales that swap, or the lack of it, leaves, and what they make of a score.
  @Test(arguments: [
    ("max", "60\n", 64_000 + 2_000_000), ("131072000\n", "60\n", 64_000 + 128_000), ("max", "0\n", 64_000),
    ("0", "60\n", 64_000),
  ])
  func aCgroupsLimitIsTheScale(swap: String, swappiness: String, scale: Int64) throws {
    try root.write("65536000\n", to: "sys/fs/cgroup/a.slice/memory.max")
    try root.write(swap, to: "sys/fs/cgroup/a.slice/memory.swap.max")
    try root.write(swappiness, to: "proc/sys/vm/swappiness")
    try install(FakeProcess(pid: 801, comm: "in", score: 500, anonKB: 640, cgroup: "/a.slice"))
    try install(FakeProcess(pid: 802, comm: "below", anonKB: 1_280, cgroup: "/a.slice/b.service"))
    for name in ["/a.slice", "a.slice/", "/sys/fs/cgroup/a.slice"] {
      let answer = try victims(in: name)
      #expect(answer.scope == .cgroup("/a.slice"))
      #expect(answer.scaleKB == scale)
      #expect(answer.victims.map(\.pid) == [801, 802])
      #expect(answer.victims.first?.badnessKB == 500 * (scale / 4 / 1000) * 4 + 640 + 64)
      #expect(answer.victims.last?.unit == "b.service")
    }
  }

  @Test func onTheFirstVersionTheLimitsHaveOtherNames() throws {
    for name in ["cgroup.controllers", "cgroup.procs"] {
      try FileManager.default.removeItem(atPath: "\(root.path)/sys/fs/cgroup/\(name)")
    }
    let home = "sys/fs/cgroup/memory"
    try root.write("", to: "\(home)/cgroup.procs")
    try root.write("700\n", to: "\(home)/a/cgroup.procs")
    try root.write("65536000\n", to: "\(home)/a/memory.limit_in_bytes")
    #expect(try victims(in: "/a").scaleKB == 64_000 + 2_000_000)
    try root.write("66560000\n", to: "\(home)/a/memory.memsw.limit_in_bytes")
    #expect(try victims(in: "/sys/fs/cgroup/memory/a").scaleKB == 65_000)
    try root.write("0\n", to: "\(home)/a/memory.swappiness")
    #expect(try victims(in: "/a").scaleKB == 64_000)
    #expect(try pids(in: "/a") == [700])
    // What the kernel prints for no limit, with pages of 4 KiB.
    try root.write("9223372036854771712\n", to: "\(home)/a/memory.limit_in_bytes")
    #expect(try victims(in: "/a").scaleKB == 16_000_000)
  }

  @Test func withoutALimitOfItsOwnTheOneAboveIsTheScale() throws {
    try root.write("max\n", to: "sys/fs/cgroup/a.slice/b.service/memory.max")
    try root.write("65536000\n", to: "sys/fs/cgroup/a.slice/memory.max")
    try root.write("0\n", to: "sys/fs/cgroup/a.slice/memory.swap.max")
    try install(FakeProcess(pid: 801, anonKB: 640, cgroup: "/a.slice"))
    try install(FakeProcess(pid: 802, anonKB: 640, cgroup: "/a.slice/b.service"))
    let answer = try victims(in: "/a.slice/b.service")
    #expect((answer.scaleKB, answer.victims.map(\.pid)) == (64_000, [802]))
    #expect(
      answer.notes.first
        == "'/a.slice/b.service' has no limit of its own: the scale is that of '/a.slice', where all below it compete"
    )
    try root.write("max\n", to: "sys/fs/cgroup/a.slice/memory.max")
    #expect(try victims(in: "/a.slice/b.service").scaleKB == 16_000_000)
  }

  @Test func theRootIsTheMachine() throws {
    for name in ["/", "", "/sys/fs/cgroup", "/sys/fs/cgroup/"] {
      #expect(try victims(in: name) == victims())
    }
  }

  @Test(arguments: [
    ("/none", "no cgroup '/none'; name it as /proc/PID/cgroup does, or see them with: systemd-cgls"),
    ("/../../proc", "'/../../proc' is no cgroup: '.' and '..' are not names; write the whole path"),
  ])
  func whatIsNoCgroupIsRefused(name: String, why: String) throws {
    #expect(throws: Refusal(.usage, why)) { try victims(in: name) }
  }

  // MARK: Changes that are only tried

  @Test func aTriedScoreChangesTheOrderAndTheMargins() throws {
    try installServices()
    #expect(try pids() == [700, 992, 600, 991])
    #expect(try pids(whatIf: ["postgresql@15-main.service=500"]) == [991, 992, 700, 600])
    #expect(try pids(whatIf: ["postgresql@*=500", "postgresql@15-main=-1000"]) == [700, 600])
    let protected = try victims(whatIf: ["postgresql@15-main=0"]).protected
    #expect(protected.map(\.pid) == [991, 500])
    #expect(protected.map(\.marginKB) == [3_840_064 - 1_158_400, nil])
    #expect(throws: Refusal.self) { try victims(whatIf: ["none=1"]) }
  }

  @Test(arguments: ["", "a", "a=", "=1", "a=1001", "a=1.5", "a=x", "a[=1"])
  func whatIsNoChangeIsRefused(text: String) {
    #expect(throws: Refusal.self) { try WhatIf(text) }
  }

  @Test(arguments: [
    ("nginx", "nginx.service"), ("a.socket", "a.socket"), ("a.b", "a.b.service"), ("a*", "a*"),
    ("user-0.slice", "user-0.slice"),
  ])
  func aUnitsKindIsAServiceUnlessItIsNamed(name: String, unit: String) throws {
    #expect(UnitName.completed(name) == unit)
    #expect(try WhatIf("\(name)=-5").unit == unit)
  }

  // MARK: Rules

  @Test func whomTheDaemonNamesIsProtectedWhateverItCarries() throws {
    try installServices()
    var document = StatusDocument.calm
    document.config.files = ["\(root.path)/etc/oomguard.conf"]
    try root.install(document)
    var drifted = FakeProcess(pid: 991, comm: "postgres", score: 0, anonKB: 640)
    #expect(try victims().protected.map(\.pid) == [991, 500])
    drifted.cgroup = Self.unit
    try drifted.install(in: root)
    #expect(try victims().protected.map(\.pid) == [991, 500])
    // Without the daemon's word it is only the unit's.
    try FileManager.default.removeItem(atPath: "\(root.path)/run/oomguard/status.json")
    #expect(try victims().protected.map(\.pid) == [500])
    #expect(try victims().victims.filter { $0.rule == "database" }.map(\.pid) == [992, 991])
  }

  @Test func brokenRulesLeaveTheOrderAndAreTold() throws {
    try root.write("x = 1\n", to: "etc/oomguard.conf")
    let answer = try victims()
    #expect(answer.victims.map(\.pid) == [700, 600])
    #expect(answer.notes.count == 2 && answer.victims.allSatisfy { $0.rule == nil })
  }

  @Test(.enabled(if: geteuid() == 0, "only root can become somebody who may not read"))
  func whatOnlyRootMayReadTheDaemonTells() throws {
    let root = try TemporaryRoot()
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: root.path)
    try root.link("proc", to: "/proc")
    let child = try ChildProcess()
    defer { child.end() }
    #expect(try child.echo("") == "\n")
    let rule =
      "[[protect]]\nname = \"cats\"\nexe = \"/*/cat\"\nscore = -1\n[[protect]]\nname = \"dogs\"\nexe = \"/usr/bin/cat\"\nscore = -1\n"
    try root.write(rule, to: "etc/oomguard.conf")
    struct Answer: Decodable {
      struct Process: Decodable {
        var pid: Int32
        var rule: String?
      }
      var victims, protected: [Process]
      var notes: [String]
    }
    func ask() throws -> Answer {
      let outcome = try BuiltClient.runAsNobody(["victims", "--json", "--root", root.path])
      return try JSONDecoder().decode(Answer.self, from: Data(outcome.output.utf8))
    }
    var answer = try ask()
    #expect(answer.protected.isEmpty)
    #expect(
      answer.notes.contains { $0.hasSuffix("since their executables may not be read; run as root") }
    )

    // The child stands for the daemon, too: it is there.
    var document = StatusDocument.calm
    let stat = try String(contentsOfFile: "/proc/\(child.pid)/stat", encoding: .utf8)
    document.pid = child.pid
    document.startTicks = try ProcessStat(Array(stat.utf8)).startTicks
    document.reconcileSeconds = 315_360_000
    document.writtenAt = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
    document.config.files = ["\(root.path)/etc/oomguard.conf"]
    document.rules[0].name = "dogs"
    document.rules[0].processes[0].pid = child.pid
    document.rules[0].processes[0].comm = "cat"
    try root.write(JSONWriter.bytes(of: document), to: "run/oomguard/status.json")
    answer = try ask()
    #expect(answer.protected.map(\.pid) == [child.pid])
    #expect(answer.victims.first { $0.pid == child.pid }?.rule == "dogs")
    #expect(!answer.notes.contains { $0.contains("may not be read") })
    // What is not listed may be anybody's.
    document.rules[0].matched = 65
    try root.write(JSONWriter.bytes(of: document), to: "run/oomguard/status.json")
    #expect(try ask().notes.contains { $0.contains("may not be read") })
  }
}
