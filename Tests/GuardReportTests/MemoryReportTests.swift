import Foundation
import GuardCore
import GuardReport
import GuardTestSupport
import Testing

/// What `oomguardctl memory` says: of a machine laid out in files, and of this one.
struct MemoryReportTests {
  private struct Answer: Decodable {
    struct Line: Decodable, Equatable {
      var kind: String
      var subject: String?
      var kb: UInt64
      var reclaim: String
      var estimated: Bool
    }
    struct Tmpfs: Decodable {
      var mount: String
      var usedKb: UInt64
    }
    var totalKb: UInt64
    var unaccountedKb: Int64
    var lines: [Line]
    var tmpfs: [Tmpfs]
    var frees: [String: Free]

    /// Of the figures of `frees` the numbers.
    struct Free: Decodable {
      var kb: UInt64?
      init(from decoder: any Decoder) throws {
        kb = try? decoder.singleValueContainer().decode(UInt64.self)
      }
    }
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }

  private static func ask(_ arguments: String...) throws -> Answer {
    let outcome = try BuiltClient.run(["memory", "--json"] + arguments)
    #expect(outcome.status == 0 && outcome.complaint == "")
    return try Self.decoder.decode(Answer.self, from: Data(outcome.output.utf8))
  }

  /// As any user and as root, who has the pages counted: the lines and the rest are all of RAM, and there is little
  /// that no line accounts for.
  @Test(arguments: [[], ["--quick"]])
  func linesAddUpToThisMachinesMemory(arguments: [String]) throws {
    let total = try MemoryInfo([UInt8](Data(contentsOf: URL(fileURLWithPath: "/proc/meminfo")))).totalKB
    // The figures are read one after the other, and other tests take and leave memory meanwhile.
    let answers = try (0..<5).map { _ in try arguments.isEmpty ? Self.ask() : Self.ask(arguments[0]) }
    for answer in answers {
      #expect(Int64(answer.lines.reduce(0) { $0 + $1.kb }) + answer.unaccountedKb == Int64(answer.totalKb))
      #expect(answer.totalKb == total)
    }
    let rest = answers.map { abs($0.unaccountedKb) }.min() ?? .max
    #expect(rest < Int64(total / 100), "\(answers.map(\.unaccountedKb)) KiB of \(total)")
  }

  @Test func anyUserIsAnswered() throws {
    let outcome = try BuiltClient.runAsNobody(["memory"])
    #expect(outcome.status == 0 && outcome.complaint == "")
    #expect(outcome.output.hasSuffix("run as root to have each page looked at\n"))
  }

  @Test func aMachineInFilesIsShownWhole() throws {
    let root = try TemporaryRoot()
    for file in ["meminfo", "zoneinfo", "vmstat"] {
      try root.write(Fixture.bytes("memory/5.10/\(file)"), to: "proc/\(file)")
    }
    try root.write(
      "key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap\n"
        + "0 7 600 134217728 4242 4242 0 0 0 1000 0 0 0 0 67108864 8192\n", to: "proc/sysvipc/shm")
    try FakeProcess(pid: 1, comm: "systemd", parent: 0, anonKB: 6_400).install(in: root)
    try FakeProcess(pid: 700, comm: "hog", anonKB: 3_200_000).install(in: root)
    try root.write("Pss: 9 kB\nPrivate_Clean: 8 kB\nPrivate_Dirty: 2000 kB\n", to: "proc/700/smaps_rollup")
    let outcome = try BuiltClient.run(["memory", "--root", root.path], environment: ["LANG": "C.UTF-8"])
    #expect(outcome.status == 0 && outcome.complaint == "")
    // How long ago this machine was booted does not show.
    #expect(outcome.output == (try String(decoding: Fixture.bytes("memory/screen-5.10.txt"), as: UTF8.self)))
  }

  @Test func withoutMeminfoThereIsNoAnswer() throws {
    let root = try TemporaryRoot()
    let outcome = try BuiltClient.run(["memory", "--root", root.path]).without(root.path)
    #expect(
      outcome
        == .init(
          status: 2, output: "",
          complaint: "oomguardctl: '/proc/meminfo' cannot be read; /proc must be mounted\n"))
  }

  @Test(arguments: [["memory", "0"], ["memory", "--top", "0"], ["memory", "1", "--top", "3"]])
  func aWrongCommandLineIsRefused(arguments: [String]) throws {
    #expect(try BuiltClient.run(arguments).status == 2)
  }

  // MARK: One process

  @Test func aProcessIsShownByWhatItsMemoryIs() throws {
    let root = try TemporaryRoot()
    try FakeProcess(pid: 700, comm: "hog", anonKB: 3_200, cgroup: "/system.slice/hog.service").install(
      in: root)
    try root.write("", to: "sys/fs/cgroup/cgroup.controllers")
    try root.write("", to: "sys/fs/cgroup/cgroup.procs")
    try root.write(
      """
      55d000-55d800 rw-p 00000000 00:00 0                          [heap]
      Rss:                2048 kB
      Pss:                2048 kB
      Private_Dirty:      2048 kB
      7f2000-7f3000 rw-s 00000000 00:01 98305                      /SYSV00000000 (deleted)
      Rss:                1024 kB
      Pss:                 512 kB
      Shared_Dirty:       1024 kB
      Locked:              512 kB

      """, to: "proc/700/smaps")
    let outcome = try BuiltClient.run(["memory", "700", "--root", root.path])
    #expect(
      outcome
        == .init(
          status: 0,
          output: """
            pid 700 'hog' of hog.service: 3.1 MiB resident, 2.5 MiB if shared pages are divided, 64 KiB of page tables

            WHAT               RESIDENT  ITS OWN  SWAPPED   LOCKED
            heap                  2 MiB    2 MiB        -        -
            System V segments     1 MiB        -        -  512 KiB
            all                   3 MiB    2 MiB        -  512 KiB

            Its end frees 2.1 MiB of RAM, page tables included; what stays:
              1 MiB in the segment '/SYSV00000000 (deleted)', until it is removed with ipcrm

            """, complaint: ""))
    #expect(try BuiltClient.run(["memory", "701", "--root", root.path]).status == 2)
  }

  @Test func theLargestComeFirst() throws {
    let root = try TemporaryRoot()
    try root.installMachine()
    let outcome = try BuiltClient.run(["memory", "--top", "2", "--root", root.path])
    #expect(
      outcome.output.split(separator: "\n").prefix(3).map {
        $0.split(separator: " ").prefix(2).joined(separator: " ")
      } == [
        "PID COMM", "700 hog", "500 sshd",
      ])
  }

  /// A process of our own, in memory and at its end.
  @Test func theTestItselfIsAddedUpToItsResidentSize() throws {
    let outcome = try BuiltClient.run(["memory", "\(getpid())", "--json"])
    struct Process: Decodable {
      struct Part: Decodable { var rssKb: UInt64 }
      var rssKb: UInt64
      var parts: [Part]
    }
    let process = try Self.decoder.decode(Process.self, from: Data(outcome.output.utf8))
    let sum = process.parts.reduce(0) { $0 + $1.rssKb }
    // Other tests run beside this one, and the kernel's sum lags behind.
    #expect(abs(Int64(sum) - Int64(process.rssKb)) < Int64(process.rssKb / 5))
  }
}
