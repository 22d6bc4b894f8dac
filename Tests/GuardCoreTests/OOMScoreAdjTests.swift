import GuardCore
import Testing

struct OOMScoreAdjTests {
  @Test(arguments: [
    (-1001, nil), (-1000, -1000), (0, 0), (1000, 1000), (1001, nil), (.max, nil), (.min, nil),
  ])
  func aScoreIsAThousandEitherWay(value: Int, expected: Int16?) {
    #expect(OOMScoreAdj(value)?.value == expected)
  }

  /// What fs/proc/base.c makes of each: `oom_adj * 1000 / 17`, towards zero, and 15 is the most.
  @Test(arguments: [
    (-18, nil), (-17, -1000), (-16, -941), (-1, -58), (0, 0), (1, 58), (14, 823), (15, 1000), (16, nil),
  ])
  func theHistoricalScaleIsConvertedAsTheKernelDoes(value: Int, expected: Int16?) {
    #expect(OOMScoreAdj(oomAdj: value)?.value == expected)
  }
}
