import Foundation
import GuardTestSupport
import Testing

/// The built daemon on whole machines made of files: a directory each, what it would do in `actions.expected`,
/// and where it is not success and silence, `status.expected` and `stderr.expected`.
struct ScenarioTests {
  private static let names: [String] = {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: Fixture.path("scenarios"))) ?? []
    return all.filter { !$0.hasPrefix(".") }.sorted()
  }()

  @Test func thereAreScenarios() { #expect(Self.names.count >= 24) }

  @Test(arguments: names)
  func itDoesWhatIsExpected(scenario: String) throws {
    let root = Fixture.path("scenarios/\(scenario)")
    func expected(_ file: String) throws -> String? {
      guard FileManager.default.fileExists(atPath: "\(root)/\(file)") else { return nil }
      return try String(contentsOfFile: "\(root)/\(file)", encoding: .utf8)
    }
    let status = try expected("status.expected").map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
    let actions = try #require(try expected("actions.expected"))
    #expect(
      try Program.run([Program.daemon, "--root", root, "--dry-run", "--once"], hiding: root)
        == Outcome(
          status: try #require(Int32(status ?? "0")), output: actions,
          complaint: try expected("stderr.expected") ?? ""))
  }

  @Test(arguments: names)
  func aDryRunWritesNothing(scenario: String) throws {
    let root = try TemporaryRoot.scenario(scenario)
    _ = try Program.run([Program.daemon, "--root", root.path, "--dry-run", "--once"])
    let outcome = try Program.run(
      ["/usr/bin/diff", "--recursive", "--no-dereference", Fixture.path("scenarios/\(scenario)"), root.path])
    #expect(outcome == Outcome(status: 0))
  }

  /// Names that would trouble a checkout of the repository.
  @Test func cgroupsAndUnitsMayHaveAnyName() throws {
    let root = try TemporaryRoot.scenario("nothing-to-do")
    try root.write(
      """
      [[sacrifice]]
      name = "line"
      score = 300
      cgroup = "/new\\nline/*"

      [[sacrifice]]
      name = "bytes"
      score = 200
      cgroup = "/?"

      [[protect]]
      name = "unit"
      score = -100
      unit = "sp ace@*.service"
      scope = "all"
      """, to: "etc/oomguard.conf")
    // Each of these was looked for in vain if the pid shows up under another rule or not at all.
    let cgroups: [(pid: Int, path: [UInt8])] = [
      (200, Array("new\nline/a b".utf8)), (201, [0xff]), (202, Array("new\nline".utf8)),
      (203, Array("system.slice/sp ace@".utf8) + [0xfe, 0x0a] + Array(".service".utf8)),
    ]
    for (pid, path) in cgroups {
      let directory = Array("\(root.path)/sys/fs/cgroup/".utf8) + path
      try root.make(directory: directory)
      let procs = directory + Array("/cgroup.procs".utf8)
      try root.write("\(pid)\n", toPath: procs)
      try root.addProcess(pid, "p\(pid)")
    }
    #expect(
      try Program.run([Program.daemon, "--root", root.path, "--dry-run", "--once"])
        == Outcome(
          status: 0,
          output: """
            promise 200 (p200) 0 -> 300 by 'line'
            promise 201 (p201) 0 -> 200 by 'bytes'
            promise 203 (p203) 0 -> -100 by 'unit'

            """))
  }

  /// As systemd escapes what is no part of a unit's name (`\x2d`), or would be one of the kernel's files (`_`).
  @Test func unitsMayHaveEscapedNames() throws {
    let root = try TemporaryRoot.scenario("nothing-to-do")
    try root.write(
      #"""
      [[protect]]
      name = "disk"
      score = -400
      unit = 'dev-disk\x2dby\x2dlabel-swap.swap'
      scope = "all"

      [[protect]]
      name = "backup"
      score = -300
      unit = 'backup@srv-\x2a.service'
      scope = "all"

      [[protect]]
      name = "underscore"
      score = -200
      unit = "cgroup.procs.service"
      scope = "all"
      """#, to: "etc/oomguard.conf")
    let units = [
      200: #"dev-disk\x2dby\x2dlabel-swap.swap"#, 201: "dev-disk-by-label-swap.swap",
      202: #"system.slice/system-backup.slice/backup@srv-\x2a.service"#,
      203: "system.slice/_cgroup.procs.service",
    ]
    for (pid, path) in units {
      try root.write("\(pid)\n", to: "sys/fs/cgroup/\(path)/cgroup.procs")
      try root.addProcess(pid, "p\(pid)")
    }
    #expect(
      try Program.run([Program.daemon, "--root", root.path, "--dry-run", "--once"])
        == Outcome(
          status: 0,
          output: """
            promise 200 (p200) 0 -> -400 by 'disk'
            promise 202 (p202) 0 -> -300 by 'backup'
            promise 203 (p203) 0 -> -200 by 'underscore'

            """))
  }
}

extension TemporaryRoot {
  /// With the directories above it.
  func make(directory path: [UInt8]) throws {
    for end in path.indices.dropFirst() where path[end] == UInt8(ascii: "/") {
      _ = unsafe mkdir(path[..<end].map { CChar(bitPattern: $0) } + [0], 0o755)
    }
    guard unsafe mkdir(path.map { CChar(bitPattern: $0) } + [0], 0o755) == 0 || errno == EEXIST else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
  }

  func write(_ text: String, toPath path: [UInt8]) throws {
    let descriptor = unsafe creat(path.map { CChar(bitPattern: $0) } + [0], 0o644)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try file.write(contentsOf: Data(text.utf8))
  }

  /// A `/proc/<pid>` as far as a rule by cgroup needs it.
  func addProcess(_ pid: Int, _ comm: String, score: Int = 0, parent: Int = 1) throws {
    try write(
      "\(pid) (\(comm)) S \(parent) 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 \(pid * 100) 0 0\n",
      to: "proc/\(pid)/stat")
    try write("\(score)\n", to: "proc/\(pid)/oom_score_adj")
    try write("\(comm)\n", to: "proc/\(pid)/comm")
  }
}
