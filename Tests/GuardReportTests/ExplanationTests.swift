import Foundation
import GuardCore
import GuardLinux
import GuardReport
import GuardStatus
import GuardTestSupport
import Testing

struct ExplanationTests {
  private let root: TemporaryRoot

  init() throws {
    root = try TemporaryRoot()
    try root.installMachine()
  }

  private static let unit = "/system.slice/postgresql@15-main.service"
  private static let postgres = FakeProcess(
    pid: 991, comm: "postgres", score: -900, anonKB: 1_024_000, fileKB: 128_000, pgtablesKB: 6_400,
    sizeKB: 4_000_000, cgroup: unit, uid: 101)

  /// One that means none of the processes here.
  private static let otherRule = "[[protect]]\nname = \"other\"\nexe = \"/none\"\nscore = 0\n"

  private func rule(_ amount: String, kind: String = "protect") -> String {
    let scope = kind == "protect" ? "scope = \"all\"\n" : ""
    return "[[\(kind)]]\nname = \"database\"\nunit = \"postgresql@*.service\"\n\(amount)\n\(scope)"
  }

  private func installDaemon(_ change: (inout StatusDocument) -> Void = { _ in }) throws {
    var document = StatusDocument.calm
    document.config.files = ["\(root.path)/etc/oomguard.conf"]
    change(&document)
    try root.install(document)
  }

  private func explain(_ pid: Int32, config: String? = nil) throws -> Explanation {
    try Explanation(
      of: pid, config: config, in: RootDirectory(root.path), at: StatusDocument.lastWritten)
  }

  private func screen(_ pid: Int32, appearance: Appearance = Appearance()) throws -> String {
    try ExplanationScreen(explain(pid), in: appearance).lines().map { "\($0)\n" }.joined()
      .replacingOccurrences(of: root.path, with: "")
  }

  private func golden(_ name: String) throws -> String {
    try String(decoding: Fixture.bytes("explain/\(name)"), as: UTF8.self)
  }

  // MARK: Whole answers

  @Test func aProtectedProcessWithTheDaemonAtWork() throws {
    try root.write(rule("score = -900"), to: "etc/oomguard.conf")
    try root.write(
      "Pss: 900000 kB\nPrivate_Clean: 64000 kB\nPrivate_Dirty: 960000 kB\nSwapPss: 0 kB\nAnonHugePages: 2048 kB\n",
      to: "proc/991/smaps_rollup")
    try Self.postgres.install(in: root)
    try installDaemon()
    #expect(try screen(991) == golden("held.txt"))
    #expect(try explain(991).exitStatus == .fine)
    let json = try String(decoding: JSONWriter.bytes(of: explain(991), layout: .indented), as: UTF8.self)
    #expect(try json.replacingOccurrences(of: root.path, with: "") == golden("held.json"))
  }

  @Test func aBrokenAllowanceWithoutTheDaemon() throws {
    try root.write(rule("allowance = \"6GiB\""), to: "etc/oomguard.conf")
    var postgres = Self.postgres
    postgres.score = 17
    try postgres.install(in: root)
    #expect(try screen(991) == golden("broken.txt"))
    #expect(try explain(991).exitStatus == .finding)
  }

  @Test func aSacrificeThatIsTheNextToGo() throws {
    try root.write(rule("oom_adj = 8", kind: "sacrifice"), to: "etc/oomguard.conf")
    var postgres = Self.postgres
    (postgres.score, postgres.swapKB) = (470, 64_000)
    try postgres.install(in: root)
    #expect(try screen(991) == golden("next.txt"))
    let plain = Appearance(width: 100, hasColour: true)
    #expect(try screen(991, appearance: plain).contains("\u{1b}[33mnext\u{1b}[0m: the kernel would take it"))
  }

  @Test func anInheritedScoreThatNoRuleMeans() throws {
    try root.write(Self.otherRule, to: "etc/oomguard.conf")
    try FakeProcess(
      pid: 501, comm: "a\u{1b}[31m", parent: 500, score: -1000, anonKB: 640, cgroup: "/user.slice/x.scope"
    ).install(in: root)
    #expect(try screen(501) == golden("inherited.txt"))
  }

  @Test func aKernelThreadAndAProcessThatHasEnded() throws {
    try root.write("[[protect]]\nname = \"all\"\nuser = \"root\"\nscore = -1\n", to: "etc/oomguard.conf")
    try root.write("root:x:0:0::/:/bin/sh\n", to: "etc/passwd")
    try FakeProcess(pid: 800, comm: "zombie", parent: 700, state: "Z", anonKB: nil).install(in: root)
    #expect(try screen(2) == golden("kernel-thread.txt"))
    #expect(try screen(800) == golden("zombie.txt"))
    // The rule itself does mean whatever is alive.
    #expect(try explain(600).ruleName == "all")
  }

  // MARK: Rules

  @Test func theFirstRuleInFileOrderMeansIt() throws {
    try root.write(
      "[[protect]]\nname = \"other\"\ncomm = \"mysqld\"\nscore = 0\n" + rule("score = -5")
        + "[[protect]]\nname = \"late\"\nunit = \"postgresql@*\"\nscore = -6\nscope = \"all\"\n",
      to: "etc/oomguard.conf")
    try Self.postgres.install(in: root)
    #expect(try explain(991).promise?.rule.position.line == 5)
    #expect(try explain(600).ruleName == nil)
  }

  @Test func aDaemonWithAFileOfItsOwnIsGoneBy() throws {
    try root.write(rule("score = -900"), to: "etc/oomguard.conf")
    try root.write(rule("score = -901"), to: "other.conf")
    try Self.postgres.install(in: root)
    try installDaemon { $0.config.files = ["\(root.path)/other.conf"] }
    #expect(try explain(991).promise?.score == OOMScoreAdj(-901))
    #expect(try explain(991, config: "\(root.path)/etc/oomguard.conf").promise?.score == OOMScoreAdj(-900))
    // What a daemon that is gone went by does not count any more.
    try FileManager.default.removeItem(atPath: "\(root.path)/proc/812")
    #expect(try explain(991).promise?.score == OOMScoreAdj(-900))
  }

  @Test func whereTheFilesCannotBeReadTheDaemonsWordCounts() throws {
    try Self.postgres.install(in: root)
    try installDaemon()
    var explanation = try explain(991)
    #expect(explanation.ruleName == "database" && explanation.promise == nil && !explanation.isRuleKnown)
    #expect(
      explanation.notes.map { $0.replacingOccurrences(of: root.path, with: "") } == [
        "the rules could not be read: /etc/oomguard.conf: No such file or directory; "
          + "write it, or name another with --config"
      ])
    try root.write("x = 1\ny = 2\n", to: "etc/oomguard.conf")
    explanation = try explain(991)
    #expect(explanation.ruleName == "database" && explanation.notes.count == 3)
    #expect(explanation.base == 0)
    #expect(explanation.exitStatus == .fine)
    try installDaemon {
      $0.rules[0].processes[0].state = .refused
      $0.rules[0].processes[0].error = "no"
    }
    #expect(try explain(991).exitStatus == .finding)
    #expect(try screen(991).contains("\nRule: 'database'\n  the daemon says: refused: no\n"))
  }

  @Test func anotherRuleThanTheDaemonsIsSaid() throws {
    try root.write(
      rule("score = -900").replacingOccurrences(of: "\"database\"", with: "\"db\""), to: "etc/oomguard.conf")
    try Self.postgres.install(in: root)
    try installDaemon()
    #expect(
      try explain(991).notes == [
        "the daemon counts it to the rule 'database': the configuration has changed since it was loaded; "
          + "load it with: systemctl reload oomguard"
      ])
  }

  @Test func anotherProcessWithAListedPIDIsNotWhatTheDaemonSaw() throws {
    try root.write(Self.otherRule, to: "etc/oomguard.conf")
    var other = Self.postgres
    other.comm = "bash"
    try other.install(in: root)
    try installDaemon()
    #expect(try explain(991).told == nil)
    #expect(try explain(991).base == nil)
  }

  @Test(arguments: [(-900, -950, Bool?.some(false)), (-900, 0, true), (-850, 0, nil)])
  func whoSetTheScoreIsSaidOnlyWhereTheDaemonKnows(carried: Int, base: Int16, isOurs: Bool?) throws {
    var postgres = Self.postgres
    postgres.score = carried
    try postgres.install(in: root)
    // A process beyond the promise keeps its own score, which is then its base.
    try installDaemon {
      $0.rules[0].processes[0].score = isOurs == false ? Int16(carried) : -900
      $0.rules[0].processes[0].base = isOurs == false ? Int16(carried) : base
    }
    #expect(try explain(991).isSetByOomguard == isOurs)
  }

  // MARK: Which process

  @Test func aThreadStandsForItsProcess() throws {
    try root.write(Self.otherRule, to: "etc/oomguard.conf")
    try Self.postgres.install(in: root)
    try root.write("Name:\tworker\nTgid:\t991\nPid:\t995\n", to: "proc/995/status")
    #expect(try explain(995).pid == 991)
  }

  @Test func whoIsNotThereIsSaid() throws {
    #expect(throws: ExplanationProblem.noProcess(4_242)) { try explain(4_242) }
    let outcome = try BuiltClient.run(["explain", "4242", "--root", root.path])
    #expect(
      outcome
        == .init(
          status: 2, output: "", complaint: "oomguardctl: no process 4242; see which there are with: ps -e\n")
    )
    #expect(try BuiltClient.run(["explain", "0"]).status == 2)
    #expect(try BuiltClient.run(["explain", "x"]).status == 2)
    #expect(try BuiltClient.run(["explain"]).status == 2)
  }

  @Test func theClientPrintsWhatTheScreenShows() throws {
    try root.write(rule("allowance = \"6GiB\""), to: "etc/oomguard.conf")
    var postgres = Self.postgres
    postgres.score = 17
    try postgres.install(in: root)
    let outcome = try BuiltClient.run(["explain", "991", "--root", root.path]).without(root.path)
    #expect(try outcome == .init(status: 1, output: golden("broken.txt"), complaint: ""))
    let json = try BuiltClient.run(["explain", "991", "--json", "--root", root.path])
    #expect(json.status == 1)
    #expect(
      json.output
        == String(decoding: try JSONWriter.bytes(of: explain(991), layout: .indented), as: UTF8.self))
  }

  // MARK: Fork

  /// Two mappings that count, one that is shared, one the child gets no copy of.
  private func installMappings(_ firstKB: UInt64, _ secondKB: UInt64) throws {
    var text = ""
    for (kb, flags) in [
      (firstKB, "rd wr mr mw me ac sd"), (999_999_999, "rd wr sh mr"), (secondKB, "ac"),
      (999_999_999, "ac dc"),
    ] {
      text +=
        "7f00-7f01 rw-p 00000000 00:00 0    /x Size: ac\nSize:  \(kb) kB\nRss:  0 kB\nVmFlags: \(flags) \n"
    }
    try root.write(text, to: "proc/991/smaps")
  }

  @Test(
    arguments: [
      // (mode, size, mappings, may fork)
      (0, 4_000_000, nil, true),
      (0, 20_000_000, nil, nil),
      (0, 20_000_000, [9_000_000, 10_000_000], true),
      (0, 20_000_000, [16_000_000, 1], true),
      (0, 20_000_000, [16_000_001, 1], false),
      (1, 20_000_000, nil, true),
      (2, 2_000_000, nil, true),
      // 9,000,000 - 6,000,000 - 8,192 - 4,000,000 / 32 are left, and that is one too many.
      (2, 4_000_000, nil, nil),
      (2, 4_000_000, [1_433_404, 1_433_403], true),
      (2, 4_000_000, [1_433_404, 1_433_404], false),
      (2, 4_000_000, [0, 0], true),
    ] as [(Int, UInt64, [UInt64]?, Bool?)])
  func forkIsJudgedByTheOvercommitSetting(mode: Int, size: UInt64, mappings: [UInt64]?, allowed: Bool?) throws
  {
    try root.installMachine(overcommit: mode)
    var postgres = Self.postgres
    postgres.sizeKB = size
    try postgres.install(in: root)
    if let mappings { try installMappings(mappings[0], mappings[1]) }
    let fork = try #require(try explain(991).fork)
    #expect(fork.isAllowed == allowed)
    #expect(fork.mode.rawValue == mode)
    if mappings != nil, mode == 2 { #expect(!fork.charge.isUpperBound && fork.roomKB == 2_866_808) }
  }

  @Test func whoMayAdministerHasTheReserveToo() throws {
    try root.installMachine(overcommit: 2)
    var postgres = Self.postgres
    postgres.capabilities = "000001ffffffffff"
    try postgres.install(in: root)
    #expect(try explain(991).fork?.roomKB == 2_875_000)
    postgres.capabilities = "000001ffffdfffff"
    try postgres.install(in: root)
    #expect(try explain(991).fork?.roomKB == 2_866_808)
  }

  @Test func aMachineThatDoesNotSayHowItCountsGivesNoAnswer() throws {
    try FileManager.default.removeItem(atPath: "\(root.path)/proc/sys/vm/overcommit_memory")
    #expect(try explain(600).fork == nil)
    #expect(try screen(600).contains("\nMay fork: not known\n"))
  }

  @Test(arguments: [(1, [100, 100]), (2, [100, 100]), (2, [2_900_000, 1])])
  func theReckoningOfForkIsShown(mode: Int, mappings: [UInt64]) throws {
    try root.installMachine(overcommit: mode)
    try Self.postgres.install(in: root)
    try installMappings(mappings[0], mappings[1])
    let line = try #require(try screen(991).split(separator: "\n").first { $0.hasPrefix("May fork") })
    let expected =
      switch (mode, mappings[0]) {
      case (1, _): "May fork: yes: vm.overcommit_memory is 1 and refuses nothing"
      case (_, 100):
        "May fork: yes: vm.overcommit_memory is 2; its copy counts 200 KiB, and 2.7 GiB of the commit limit are left"
      default:
        "May fork: no: vm.overcommit_memory is 2; its copy counts 2.8 GiB, and 2.7 GiB of the commit limit are left"
      }
    #expect(line == expected)
  }

  // MARK: The kernel itself

  /// The kernel shows its own points, scaled down to about two thousand, as oom_score.
  @Test func realProcessesAreInTheKernelsOwnOrder() throws {
    var random = SeededRandom.printed()
    // Raised only: that needs no rights.
    let children = try (0..<8).map { _ in
      let child = Foundation.Process()
      child.executableURL = URL(fileURLWithPath: "/bin/sleep")
      // Not much longer than the test, should it never come to its end; nor may it hold the test's output open.
      child.arguments = ["60"]
      (child.standardInput, child.standardOutput) = (FileHandle.nullDevice, FileHandle.nullDevice)
      child.standardError = FileHandle.nullDevice
      try child.run()
      let score = Int.random(in: 0...1000, using: &random)
      try "\(score)".write(
        toFile: "/proc/\(child.processIdentifier)/oom_score_adj", atomically: false, encoding: .utf8)
      return child
    }
    // Not terminate(): a test run may have SIGTERM blocked, which its children inherit.
    defer { for child in children { kill(child.processIdentifier, SIGKILL) } }

    let machine = RootDirectory()
    let seen = try children.map { child in
      let text = try String(contentsOfFile: "/proc/\(child.processIdentifier)/oom_score", encoding: .utf8)
      let points = try #require(Int64(text.trimmingCharacters(in: .whitespacesAndNewlines)))
      let explanation = try Explanation(
        of: child.processIdentifier, config: nil, in: machine, at: StatusDocument.lastWritten)
      return (points: points, explanation: explanation)
    }
    for (points, explanation) in seen {
      let badness = try #require(explanation.badness)
      // fs/proc/base.c, proc_oom_score(); memory may have moved by a point meanwhile.
      let expected = (1000 + badness * 1000 / explanation.scale.pages) * 2 / 3
      #expect(abs(points - expected) <= 1)
    }
    for (left, right) in zip(
      seen.sorted { $0.points < $1.points }, seen.sorted { $0.points < $1.points }.dropFirst())
    where left.points < right.points {
      #expect(try #require(left.explanation.badness) < #require(right.explanation.badness))
    }
  }
}
