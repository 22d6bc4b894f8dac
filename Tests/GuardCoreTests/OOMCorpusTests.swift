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
      var totalVmKb, anonRssKb, fileRssKb, shmemRssKb, pgtablesKb: UInt64?
      var oomScoreAdj: Int?
      var constraint, oomMemcg, taskMemcg, limitKind: String?
      var triggerComm: String?
      var triggerPid: Int32?
      var gfpMask: String?
      var order: Int?
    }
    struct Announcement: Decodable, Equatable {
      var pid: Int32
      var comm: String
    }
    var kills: [Kill]
    var killedLines: Int
    var tasksDumped: Int?
    var announcedOnly: [Announcement]?
  }

  private static let folder = Fixture.shared("oomlogs")
  private static let names: [String] =
    (folder.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0) } ?? [])
    .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()

  private static func kill(_ kill: OOMKill) -> Expected.Kill {
    func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
    return Expected.Kill(
      pid: kill.victim.pid, comm: text(kill.victim.comm), uid: kill.victim.uid,
      totalVmKb: kill.victim.totalVMKB, anonRssKb: kill.victim.anonRSSKB,
      fileRssKb: kill.victim.fileRSSKB, shmemRssKb: kill.victim.shmemRSSKB,
      pgtablesKb: kill.victim.pgtablesKB, oomScoreAdj: kill.victim.score,
      constraint: text(kill.constraintName), oomMemcg: text(kill.limitCgroup),
      taskMemcg: text(kill.victim.cgroup),
      limitKind: kill.limitKind.map { $0 == .memcg ? "memcg" : "global" },
      triggerComm: text(kill.trigger?.comm), triggerPid: kill.trigger?.pid,
      gfpMask: text(kill.trigger?.gfpMask), order: kill.trigger?.order)
  }

  @Test(
    .enabled(if: folder != nil, "the folder 'shared/oomlogs' is not beside this checkout"), arguments: names)
  func everySampleIsReadFieldByField(name: String) throws {
    let folder = try #require(Self.folder)
    let text = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name).log"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let expected = try decoder.decode(
      Expected.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name).json")))
    let log = LogTextReader(text)
    let kills = log.kills.map(Self.kill)
    #expect(kills.count == expected.kills.count)
    for (read, wanted) in zip(kills, expected.kills) { #expect(read == wanted) }
    #expect(log.killedLines == expected.killedLines)
    #expect(log.tasksDumped == expected.tasksDumped)
    let announced = log.announcedOnly.map {
      Expected.Announcement(pid: $0.pid, comm: String(decoding: $0.comm, as: UTF8.self))
    }
    #expect(announced == expected.announcedOnly ?? [])
  }
}
