import Foundation
import GuardCore
import GuardTestSupport
import Testing

/// Other people's logs, kept beside the checkout with what must be read from each.
struct OOMCorpusTests {
  private struct Expected: Decodable {
    struct Kill: Decodable, Equatable {
      var pid: Int32
      var comm: String?
      var uid: UInt32?
      var total_vm_kb, anon_rss_kb, file_rss_kb, shmem_rss_kb, pgtables_kb: UInt64?
      var oom_score_adj: Int?
      var constraint, oom_memcg, task_memcg, limit_kind: String?
      var trigger_comm: String?
      var trigger_pid: Int32?
      var gfp_mask: String?
      var order: Int?
    }
    struct Announcement: Decodable, Equatable {
      var pid: Int32
      var comm: String
    }
    var kills: [Kill]
    var killed_lines: Int
    var tasks_dumped: Int?
    var announced_only: [Announcement]?
  }

  private static let folder = Fixture.shared("oomlogs")
  private static let names: [String] =
    (folder.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0) } ?? [])
    .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()

  private static func kill(_ kill: OOMKill) -> Expected.Kill {
    func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
    return Expected.Kill(
      pid: kill.victim.pid, comm: text(kill.victim.comm), uid: kill.victim.uid,
      total_vm_kb: kill.victim.totalVMKB, anon_rss_kb: kill.victim.anonRSSKB,
      file_rss_kb: kill.victim.fileRSSKB, shmem_rss_kb: kill.victim.shmemRSSKB,
      pgtables_kb: kill.victim.pgtablesKB, oom_score_adj: kill.victim.score,
      constraint: text(kill.constraintName), oom_memcg: text(kill.limitCgroup),
      task_memcg: text(kill.victim.cgroup),
      limit_kind: kill.limitKind.map { $0 == .memcg ? "memcg" : "global" },
      trigger_comm: text(kill.trigger?.comm), trigger_pid: kill.trigger?.pid,
      gfp_mask: text(kill.trigger?.gfpMask), order: kill.trigger?.order)
  }

  @Test(
    .enabled(if: folder != nil, "the folder 'shared/oomlogs' is not beside this checkout"), arguments: names)
  func everySampleIsReadFieldByField(name: String) throws {
    let folder = try #require(Self.folder)
    let text = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name).log"))
    let expected = try JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name).json")))
    let log = LogTextReader(text)
    let kills = log.kills.map(Self.kill)
    #expect(kills.count == expected.kills.count)
    for (read, wanted) in zip(kills, expected.kills) { #expect(read == wanted) }
    #expect(log.killedLines == expected.killed_lines)
    #expect(log.tasksDumped == expected.tasks_dumped)
    let announced = log.announcedOnly.map {
      Expected.Announcement(pid: $0.pid, comm: String(decoding: $0.comm, as: UTF8.self))
    }
    #expect(announced == expected.announced_only ?? [])
  }
}
