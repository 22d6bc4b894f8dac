import Foundation
import GuardTestSupport
import Testing

private let whyNoExperiments: String? = {
  if getuid() != 0 { return "only root may make memory cgroups" }
  let tops = ["/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/cgroup.controllers"]
  return tops.contains { FileManager.default.fileExists(atPath: $0) }
    ? nil : "there is no memory controller"
}()

/// Memory made for real on this machine, and seen where it belongs. Other tests, and whatever else runs here, take and
/// leave memory meanwhile: lines that everything moves are judged in the boot test's scenario `memory_kinds`.
@Suite(.serialized, .enabled(if: whyNoExperiments == nil, "\(whyNoExperiments ?? "")"))
struct ExperimentTests {
  private struct Answer: Decodable {
    struct Experiment: Decodable {
      struct Line: Decodable {
        var kind: String
        var before, after: Int64
      }
      var line: String
      var lines: [Line]
      var freedAtExitKb, stayedKb, removedKb: Int64
    }
    var experiments: [Experiment]
    var failures: [[String: String]]
  }

  private static let sizeMiB = 256
  private static let slackKB = Int64(sizeMiB) * 1024 / 20
  /// A machine at work rarely stays still for a second; what never does in so many attempts is a mistake.
  private static let attempts = 40

  /// Lines that only somebody who makes such memory moves.
  private static let quiet: Set<String> = [
    "locked", "tmpfs", "posix_shm", "sysv", "sysv_orphaned", "tmpfs_elsewhere", "shared_anonymous",
    "message_queues",
    "huge_pages", "vmalloc", "per_cpu", "zram",
  ]

  private static func make(_ kind: String, mib: Int = sizeMiB) throws -> Answer {
    let outcome = try BuiltClient.run(["experiment", kind, "--size", "\(mib)", "--keep-caches", "--json"])
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Answer.self, from: Data(outcome.output.utf8))
  }

  @Test(arguments: [
    "private_anonymous", "private_file", "shared_file", "dirty_file", "locked", "shared_anonymous", "memfd",
    "tmpfs",
    "posix_shm", "sysv", "sysv_orphaned",
  ])
  func aKindOfMemoryIsSeenInItsLineAlone(kind: String) throws {
    var seen: [Int64] = []
    for _ in 0..<Self.attempts {
      let answer = try Self.make(kind)
      #expect(answer.failures == [])
      let experiment = try #require(answer.experiments.first)
      let grown = Dictionary(uniqueKeysWithValues: experiment.lines.map { ($0.kind, $0.after - $0.before) })
      let own = grown[experiment.line] ?? 0
      let others = grown.filter {
        $0.key != experiment.line && Self.quiet.contains($0.key) && $0.value.magnitude > UInt64(Self.slackKB)
      }
      seen.append(own)
      if abs(own - Int64(Self.sizeMiB) * 1024) <= Self.slackKB, others.isEmpty { return }
    }
    Issue.record("\(kind) was seen as \(seen) KiB")
  }

  enum End { case exit, removal }

  /// Told by what is charged to its cgroup, which nobody else moves.
  @Test(arguments: [
    ("private_anonymous", End.exit), ("locked", .exit), ("shared_anonymous", .exit), ("memfd", .exit),
    ("dirty_file", .removal), ("tmpfs", .removal), ("posix_shm", .removal), ("sysv", .removal),
    ("sysv_orphaned", .removal),
  ])
  func itIsSeenWhatFreesIt(kind: String, end: End) throws {
    let mib = 64
    let experiment = try #require(try Self.make(kind, mib: mib).experiments.first)
    func isAll(_ kb: Int64) -> Bool { abs(kb - Int64(mib) * 1024) <= Int64(mib) * 1024 / 10 }
    func isNothing(_ kb: Int64) -> Bool { abs(kb) <= Int64(mib) * 1024 / 10 }
    let freed = [experiment.freedAtExitKb, experiment.stayedKb, experiment.removedKb]
    switch end {
    case .exit: #expect(isAll(freed[0]) && isNothing(freed[1]) && isNothing(freed[2]), "\(freed)")
    case .removal: #expect(isNothing(freed[0]) && isAll(freed[1]) && isAll(freed[2]), "\(freed)")
    }
  }

  @Test func thePlacesAreShownBeforeAndAfter() throws {
    let outcome = try BuiltClient.run(["experiment", "memfd", "--size", "64", "--keep-caches"])
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.first == "64 MiB of each kind; all figures in MiB")
    #expect(lines.contains { $0.wholeMatch(of: #/KIND   COUNTED IN +BEFORE +AFTER +CHANGE/#) != nil })
    for place in ["memfd  used", "       buff/cache", "       shared anonymous, memfd, other shared"] {
      let row = try #require(lines.first { $0.hasPrefix(place) }, "\(outcome.output)")
      let figures = row.dropFirst(place.count).split(separator: " ").compactMap { Int($0) }
      // Each is rounded by itself.
      #expect(figures.count == 3 && abs(figures[1] - figures[0] - figures[2]) <= 1, "\(row)")
    }
    let freed = try #require(lines.last { $0.hasPrefix("memfd") })
    #expect(freed.wholeMatch(of: #/memfd +6[2-7] +- +-/#) != nil, "\(freed)")
  }

  @Test func onlyRootMayExperiment() throws {
    let outcome = try BuiltClient.runAsNobody(["experiment"])
    let complaint =
      "oomguardctl: only root may limit memory and drop caches; run it with sudo\n"
    #expect(outcome == .init(status: 4, output: "", complaint: complaint))
  }

  @Test func whatCannotBeMadeIsSaid() throws {
    let outcome = try BuiltClient.run(["experiment", "memfd", "--directory", "/no/such"])
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("! memfd: /no/such: No such file or directory"))
  }
}
