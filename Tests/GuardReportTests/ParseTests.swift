import Foundation
import GuardCore
import GuardReport
import GuardStatus
import GuardTestSupport
import Testing

/// `oomguardctl parse` as built.
struct ParseTests {
  private let root: TemporaryRoot

  init() throws { root = try TemporaryRoot() }

  private struct Answer: Decodable, Equatable {
    struct Announced: Decodable, Equatable {
      var pid: Int32
      var comm: String
    }
    var kills: [StatusDocument.Kill]
    var announcedOnly: [Announced]
    var killedLines: Int
    var tasksDumped: Int?
    var lines: Int

    enum CodingKeys: String, CodingKey {
      case kills
      case announcedOnly = "announced_only"
      case killedLines = "killed_lines"
      case tasksDumped = "tasks_dumped"
      case lines
    }
  }

  // MARK: Other people's logs, kept beside the checkout with what must be read from each

  private struct Expected: Decodable {
    struct Kill: Decodable, Equatable {
      var pid: Int32
      var comm: String?
      var uid: UInt32?
      var totalVmKb, anonRssKb, fileRssKb, shmemRssKb, pgtablesKb: UInt64?
      var oomScoreAdj: Int16?
      var constraint, oomMemcg, taskMemcg, limitKind: String?
      var triggerComm: String?
      var triggerPid: Int32?
      var gfpMask: String?
      var order: Int?
    }
    var kills: [Kill]
    var killedLines: Int
    var tasksDumped: Int?
    var announcedOnly: [Answer.Announced]?
  }

  /// What stands beside the fields that every kill has.
  private struct LogFields: Decodable, Equatable {
    struct Kill: Decodable, Equatable {
      var limitKind, constraintName: String?
    }
    var kills: [Kill]
  }

  private static let folder = Fixture.shared("oomlogs")
  private static let names: [String] =
    (folder.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0) } ?? [])
    .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()

  /// The constraint in the words of the document; the kernels that print `NONE` for a memory cgroup name one.
  private static func constraint(_ kill: Expected.Kill) -> StatusDocument.Kill.Constraint? {
    switch kill.constraint {
    case nil: nil
    case "CONSTRAINT_CPUSET": .cpuset
    case "CONSTRAINT_MEMORY_POLICY": .mempolicy
    default: kill.oomMemcg == nil ? .global : .memcg
    }
  }

  private static func kill(_ expected: Expected.Kill, like read: StatusDocument.Kill) -> StatusDocument.Kill {
    StatusDocument.Kill(
      id: nil, seq: read.seq, at: nil,
      victim: .init(
        pid: expected.pid, comm: expected.comm, uid: expected.uid, unit: read.victim.unit,
        userUnit: read.victim.userUnit, container: read.victim.container, pod: read.victim.pod,
        cgroup: expected.taskMemcg, score: expected.oomScoreAdj, totalVMKB: expected.totalVmKb,
        anonRSSKB: expected.anonRssKb, fileRSSKB: expected.fileRssKb, shmemRSSKB: expected.shmemRssKb,
        pgtablesKB: expected.pgtablesKb),
      trigger: .init(
        pid: expected.triggerPid, comm: expected.triggerComm, gfpMask: expected.gfpMask,
        order: expected.order),
      constraint: constraint(expected), limitCgroup: expected.oomMemcg, limit: read.limit, protected: nil,
      rule: nil,
      tasksDumped: read.tasksDumped, source: .kernelLog)
  }

  @Test(
    .enabled(if: folder != nil, "the folder 'shared/oomlogs' is not beside this checkout"), arguments: names)
  func everySampleIsToldFieldByField(name: String) throws {
    let folder = try #require(Self.folder)
    let outcome = try BuiltClient.run(["parse", "--json", "\(folder)/\(name).log"])
    #expect(outcome.status == 0 && outcome.complaint == "")
    let decoder = JSONDecoder()
    let answer = try decoder.decode(Answer.self, from: Data(outcome.output.utf8))
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let logFields = try decoder.decode(LogFields.self, from: Data(outcome.output.utf8))
    let expected = try decoder.decode(
      Expected.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name).json")))
    #expect(answer.kills.count == expected.kills.count)
    #expect(answer.kills == zip(expected.kills, answer.kills).map(Self.kill))
    #expect(
      logFields.kills
        == expected.kills.map { .init(limitKind: $0.limitKind, constraintName: $0.constraint) })
    #expect(answer.killedLines == expected.killedLines)
    #expect(answer.tasksDumped == expected.tasksDumped)
    #expect(answer.announcedOnly == expected.announcedOnly ?? [])
    let text = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name).log"))
    #expect(answer.lines == text.filter { $0 == 10 }.count + (text.isEmpty || text.last == 10 ? 0 : 1))
  }

  // MARK: Our own

  private static let group = Fixture.path("kernel-logs/6.1/memcg-oomgroup-raw.kmsg-raw.log")

  @Test func theTextIsALineAKillAndASummary() throws {
    let output = """
      [12.812653] killed 200 'hog', uid 0, score 0, 32 MiB resident; limit of cgroup '/oomg'; it was in '/oomg'; \
      memory was wanted by 200 'hog'; 4 tasks dumped
      [12.813463] killed 197 'sh', uid 0, score 0, 868 KiB resident; a memory cgroup's limit; \
      taken along by memory.oom.group of '/oomg'
      [12.815546] killed 198 'sleep', uid 0, score 0, 852 KiB resident; a memory cgroup's limit; \
      taken along by memory.oom.group of '/oomg'
      [12.817104] killed 199 'sleep', uid 0, score 0, 888 KiB resident; a memory cgroup's limit; \
      taken along by memory.oom.group of '/oomg'
      4 kills in 44 lines, told by 5 lines

      """
    let expected = BuiltClient.Outcome(status: 0, output: output, complaint: "")
    #expect(try BuiltClient.run(["parse", Self.group]) == expected)
    #expect(try BuiltClient.run(["parse"], input: Self.group) == expected)
    #expect(try BuiltClient.run(["parse", "-", "--root", "/nowhere"], input: Self.group) == expected)
  }

  @Test func theJSONHasEveryFieldAndNullForWhatTheTextDoesNotSay() throws {
    try root.write("[    1.000002] Out of memory: Killed process 7 (a\tb)\n", to: "log")
    let output = """
      {
        "kills": [
          {
            "id": null,
            "seq": null,
            "at": null,
            "victim": {
              "pid": 7,
              "comm": "a\\\\x09b",
              "uid": null,
              "unit": null,
              "user_unit": null,
              "container": null,
              "pod": null,
              "cgroup": null,
              "score": null,
              "total_vm_kb": null,
              "anon_rss_kb": null,
              "file_rss_kb": null,
              "shmem_rss_kb": null,
              "pgtables_kb": null
            },
            "trigger": {
              "pid": null,
              "comm": null,
              "gfp_mask": null,
              "order": null
            },
            "constraint": null,
            "limit_cgroup": null,
            "limit": null,
            "protected": null,
            "rule": null,
            "tasks_dumped": null,
            "source": "kernel-log",
            "limit_kind": "global",
            "constraint_name": null,
            "group_cgroup": null,
            "uptime_usec": 1000002
          }
        ],
        "announced_only": [],
        "killed_lines": 1,
        "tasks_dumped": null,
        "lines": 1
      }

      """
    #expect(
      try BuiltClient.run(["parse", "--json", "\(root.path)/log"])
        == BuiltClient.Outcome(status: 0, output: output, complaint: ""))
  }

  /// Before Linux 2.6.36 the kill line's own words tell it; there is no line to take the constraint from.
  @Test func aConstraintIsOnlyThatOfItsOwnLine() throws {
    try root.write(
      "Out of memory (oom_kill_allocating_task): Killed process 7 (x)\n"
        + "No available memory in cpuset: Killed process 8 (x)\n"
        + "No available memory (MPOL_BIND): Killed process 9 (x)\n", to: "log")
    let outcome = try BuiltClient.run(["parse", "--json", "\(root.path)/log"])
    let answer = try JSONDecoder().decode(Answer.self, from: Data(outcome.output.utf8))
    #expect(answer.kills.map(\.victim.pid) == [7, 8, 9])
    #expect(answer.kills.map(\.constraint) == [nil, nil, nil])
  }

  @Test func theUnitIsReadOffTheCgroup() throws {
    let log = Fixture.path("kernel-logs/6.1/memcg-parent-slice.kmsg-raw.log")
    let outcome = try BuiltClient.run(["parse", "--json", log])
    let answer = try JSONDecoder().decode(Answer.self, from: Data(outcome.output.utf8))
    let kill = try #require(answer.kills.first)
    let cgroup = try #require(kill.victim.cgroup)
    #expect(kill.victim.unit == CgroupPath(cgroup.utf8).unit?.printable)
    #expect(kill.victim.unit != nil && kill.limitCgroup != cgroup && kill.constraint == .memcg)
  }

  @Test func aTextWithoutKillsIsFine() throws {
    #expect(
      try BuiltClient.run(["parse"])
        == BuiltClient.Outcome(status: 0, output: "no kills in 0 lines\n", complaint: ""))
    try root.write("Out of memory: Kill process 9 (x) score 9 or sacrifice child\nb", to: "log")
    let output = """
      announced, but no line says that it was killed: 9 'x'
      no kills in 2 lines, 1 announced only

      """
    #expect(
      try BuiltClient.run(["parse", "\(root.path)/log"])
        == BuiltClient.Outcome(status: 0, output: output, complaint: ""))
  }

  @Test func whatCannotBeReadIsNamed() throws {
    let remedy = "name a file that holds a kernel's log\n"
    for flags in [[], ["--json"]] {
      let missing = try BuiltClient.run(["parse", "\(root.path)/none"] + flags).without(root.path)
      #expect(
        missing
          == .init(
            status: 2, output: "", complaint: "oomguardctl: /none: No such file or directory; \(remedy)"))
      let directory = try BuiltClient.run(["parse", root.path] + flags).without(root.path)
      #expect(
        directory == .init(status: 2, output: "", complaint: "oomguardctl: : Is a directory; \(remedy)"))
    }
    #expect(try BuiltClient.run(["parse", "a", "b"]).status == 2)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can become somebody who may not read"))
  func whoMayNotReadTheLogIsToldSo() throws {
    try root.write("", to: "log")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: "\(root.path)/log")
    #expect(
      try BuiltClient.runAsNobody(["parse", "\(root.path)/log"]).without(root.path)
        == .init(
          status: 4, output: "",
          complaint: "oomguardctl: /log: Permission denied; run as root, or make it readable\n"))
  }

  /// The most memory a process has had so far, in KiB.
  private static func peakKB(of pid: Int32) throws -> UInt64 {
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try #require(line.split(separator: " ").dropFirst().first.flatMap { UInt64($0) })
  }

  @Test(arguments: [[], ["--json"]])
  func aLongLogTakesNoMoreMemoryThanAShortOne(flags: [String]) throws {
    let process = Foundation.Process()
    process.executableURL = BuiltClient.program
    process.arguments = ["parse"] + flags
    let input = Pipe()
    (process.standardInput, process.standardOutput) = (input, FileHandle.nullDevice)
    try process.run()
    let idle = String(repeating: "May  4 10:00:00 host kernel: eth0: link is up\n", count: 1)
    // Each of another process: what is repeated counts once.
    let kills = (1...1_000).map { pid in
      "May  4 10:00:00 host kernel: Killed process \(pid) (some name) total-vm:3kB, anon-rss:2kB, file-rss:1kB\n"
    }
    let piece = Data(kills.map { idle + $0 }.joined().utf8)
    // Once a piece is written, the reader has taken all but what the pipe holds.
    for _ in 0..<2 { try input.fileHandleForWriting.write(contentsOf: piece) }
    let early = try Self.peakKB(of: process.processIdentifier)
    for _ in 0..<15 { try input.fileHandleForWriting.write(contentsOf: piece) }
    let late = try Self.peakKB(of: process.processIdentifier)
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    // Kept, the 15,000 kills of the second part would take some 5 MiB.
    #expect(late < early + 2_048, "\(early) KiB, then \(late) KiB")
  }
}
