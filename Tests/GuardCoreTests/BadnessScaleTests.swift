import GuardCore
import Testing

struct BadnessScaleTests {
  private func candidate(
    _ pid: Int32, rss: UInt64? = 0, swap: UInt64 = 0, pgtables: UInt64 = 0, score: Int = 0
  ) throws -> OOMCandidate {
    OOMCandidate(
      pid: pid, rssKB: rss, swapKB: swap, pgtablesKB: pgtables, score: try #require(OOMScoreAdj(score)))
  }

  @Test func thePointsAreTheKernelsSum() throws {
    // 4,194,304 pages, whose thousandth the kernel cuts to 4,194.
    let scale = BadnessScale(totalKB: 16 << 20, pageBytes: 4096)
    #expect((scale.pages, scale.pageKB) == (4_194_304, 4))
    #expect(try candidate(9, rss: 4_000, swap: 400, pgtables: 40).badness(on: scale) == 1_110)
    #expect(try candidate(9, rss: 4_003, swap: 403, pgtables: 43).badness(on: scale) == 1_110)
    #expect(try candidate(9, rss: 4_000, score: -900).badness(on: scale) == 1_000 - 900 * 4_194)
    #expect(try candidate(9, rss: 4_000, score: 1000).badness(on: scale) == 1_000 + 4_194_000)
    #expect(scale.kilobytes(-3) == -12)
  }

  @Test func aLargerPageMakesFewerPoints() throws {
    let scale = BadnessScale(totalKB: 16 << 20, pageBytes: 65_536)
    #expect(try candidate(9, rss: 6_400, score: 1).badness(on: scale) == 100 + 262)
  }

  @Test func whoIsNeverChosenHasNoPoints() throws {
    let scale = BadnessScale(totalKB: 16 << 20, pageBytes: 4096)
    for (spared, why) in [
      (try candidate(1, rss: 4_000, score: 1000), OOMCandidate.Exemption.initProcess),
      (try candidate(9, rss: nil, score: 1000), .noMemory),
      (try candidate(9, rss: 4_000, score: -1000), .immune),
    ] {
      #expect(spared.exemption == why)
      #expect(spared.badness(on: scale) == nil)
    }
    #expect(try candidate(9, score: -999).exemption == nil)
  }

  @Test func aMemoryCgroupsScaleIsItsLimitAndTheSwapItMayHave() {
    func pages(_ limit: MemoryLimit) -> Int64 {
      BadnessScale(limit, machineSwapKB: 2_000, pageBytes: 4096).pages
    }
    #expect(pages(MemoryLimit(memoryKB: 65_536, swapKB: nil, mayUseSwap: true)) == 16_884)
    #expect(pages(MemoryLimit(memoryKB: 65_536, swapKB: 400, mayUseSwap: true)) == 16_484)
    #expect(pages(MemoryLimit(memoryKB: 65_536, swapKB: 400, mayUseSwap: false)) == 16_384)
    #expect(pages(MemoryLimit(memoryKB: .max, swapKB: nil, mayUseSwap: true)) == .max / 4)
  }

  @Test func noFigureIsTooLarge() throws {
    let scale = BadnessScale(totalKB: .max, pageBytes: 0)
    #expect(scale.pageKB == 1 && scale.kilobytes(.max) == .max)
    #expect(
      try candidate(9, rss: .max, swap: .max, pgtables: .max, score: 999).badness(on: scale) == .max)
    #expect(BadnessScale(totalKB: .max, pageBytes: 4096).kilobytes(.min) == .min)
    #expect(BadnessScale(totalKB: 0, pageBytes: 4096).pages(of: .lastResort) == 0)
  }
}
