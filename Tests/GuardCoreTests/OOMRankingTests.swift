import Foundation
import GuardCore
import GuardTestSupport
import Testing

struct OOMRankingTests {
  private static let folder = "kernel-logs/6.1"
  private static let fixtures: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: Fixture.path(folder))) ?? [])
    .filter { $0.hasSuffix(".kmsg-raw.log") }.sorted()

  private func ranking(_ kill: OOMKill, pageKB: UInt64 = 64) -> OOMRanking? {
    OOMRanking(
      report: kill.reportText, constraint: kill.constraint, victimPID: kill.victim.pid,
      victimTotalVMKB: kill.victim.totalVMKB, pageKB: pageKB, swapKB: 0)
  }

  /// Done again from its own table, the kernel's choice comes out as the kernel made it.
  @Test(arguments: fixtures)
  func theVictimHasTheMostPoints(fixture: String) throws {
    let kills = try LogTextReader(Fixture.bytes("\(Self.folder)/\(fixture)"), keepsText: true).kills
    for kill in kills {
      guard let ranking = ranking(kill) else { continue }
      // The page is not the 64 KiB it was told, but what the report itself shows.
      #expect(ranking.pageKB == 4)
      #expect(ranking.place(of: kill.victim.pid) == 0, "\(kill.victim)")
    }
  }

  @Test func theArithmeticIsTheKernels() throws {
    let log = try Fixture.bytes("\(Self.folder)/global-first.kmsg-raw.log")
    let kill = try #require(LogTextReader(log, keepsText: true).kills.first)
    let ranking = try #require(self.ranking(kill))
    #expect(ranking.scale == BadnessScale(totalKB: 480_004, pageBytes: 4096))
    #expect(ranking.exempt == 9 && !ranking.isUncertain)
    // Resident, swapped out, page tables; thousandths of 120,001 pages.
    #expect(
      ranking.places.map { "\($0.row.pid) \($0.badness)" } == [
        "327 \(105_879 + 0 + 218)", "157 \(224 + 20)", "163 \(22 + 11)", "162 \(21 + 11)",
        "126 \(269 + 21 - 250 * 120)", "152 \(93 + 13 - 900 * 120)",
      ])
    #expect(ranking.badnessKB(of: ranking.places[0]) == 424_388)
  }

  private func report(_ rows: String) -> [UInt8] {
    Array("[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n\(rows)".utf8)
  }

  private func ranking(_ rows: String, _ constraint: OOMKill.Constraint?) throws -> OOMRanking {
    try #require(
      OOMRanking(
        report: report(rows), constraint: constraint, victimPID: 1, victimTotalVMKB: nil, pageKB: 16,
        swapKB: nil))
  }

  @Test func ofEqualsTheLaterIsTaken() throws {
    let rows =
      "[ 30] 0 30 9 5 0 0 0 a\n[ 20] 0 20 9 5 0 0 0 b\n[ 40] 0 40 9 4 16384 0 0 c\n[ 10] 0 10 9 4 0 1 0 d\n"
    let ranking = try self.ranking(rows, nil)
    #expect(ranking.places.map(\.row.pid) == [10, 40, 20, 30])
    #expect(ranking.places.map { ranking.badnessKB(of: $0) } == [80, 80, 80, 80])
    #expect(!ranking.isUncertain)
  }

  @Test func withoutAScaleScoresAreLeftOutAndThatIsSaid() throws {
    let rows = "[ 30] 0 30 9 5 0 0 -500 a\n[ 20] 0 20 9 4 0 0 0 b\n[ 9] 0 9 9 9 0 0 -1000 c\n"
    for constraint in [OOMKill.Constraint.global, .memcg, .cpuset, nil] {
      let ranking = try self.ranking(rows, constraint)
      #expect(ranking.places.map(\.row.pid) == [30, 20])
      #expect(ranking.places.map { ranking.badnessKB(of: $0) } == [nil, 64])
      #expect(ranking.scale == nil && ranking.isUncertain && ranking.exempt == 1)
    }
  }

  @Test func withoutATableThereIsNothingToSay() {
    #expect(
      OOMRanking(
        report: Array("Killed process 1 (x)\n".utf8), constraint: .global, victimPID: 1, victimTotalVMKB: nil,
        pageKB: 4, swapKB: nil) == nil)
  }

  @Test func absurdNumbersDoNotTrap() throws {
    let huge = "18446744073709551615"
    let rows = """
      [ 30] 0 30 1 \(Int64.max) \(Int64.max) \(Int64.max) 1000 a
      [ 31] 0 31 \(huge) \(huge) 0 0 0 b
      [ 32] 0 32 1 1 1 1 99999 c
      memory: usage 1kB, limit \(huge)kB, failcnt 0
      swap: usage 1kB, limit \(huge)kB, failcnt 0

      """
    let ranking = try #require(
      OOMRanking(
        report: report(rows), constraint: .memcg, victimPID: 30, victimTotalVMKB: .max, pageKB: 4,
        swapKB: .max))
    #expect(ranking.places.map(\.row.pid) == [30])
    #expect(ranking.places.allSatisfy { $0.badness > Int64.max / 8 } && ranking.scale == nil)
  }
}
