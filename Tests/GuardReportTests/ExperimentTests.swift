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
      var stayedKb: Int64
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

  private static func make(_ kind: String) throws -> Answer {
    let outcome = try BuiltClient.run(["experiment", kind, "--size", "\(sizeMiB)", "--keep-caches", "--json"])
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

  @Test func onlyRootMayExperiment() throws {
    let outcome = try BuiltClient.runAsNobody(["experiment"])
    let complaint =
      "oomguardctl: only root may limit memory and drop caches; try: sudo oomguardctl experiment\n"
    #expect(outcome == .init(status: 4, output: "", complaint: complaint))
  }

  @Test func whatCannotBeMadeIsSaid() throws {
    let outcome = try BuiltClient.run(["experiment", "memfd", "--directory", "/no/such"])
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("! memfd: /no/such: No such file or directory"))
  }
}
