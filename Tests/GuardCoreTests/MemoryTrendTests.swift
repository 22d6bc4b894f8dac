import GuardCore
import GuardTestSupport
import Testing

struct MemoryTrendTests {
  /// One look a second.
  private func trend(_ left: [UInt64]) -> Int? {
    var trend = MemoryTrend()
    for (second, left) in left.enumerated() { trend.add(leftKB: left, at: .seconds(1000 + second)) }
    return trend.exhaustedInSeconds
  }

  @Test(
    arguments: [
      ([], nil), ([1000], nil), ([1000, 900], nil),
      ([1000, 900, 800], 8), ([1000, 1000, 1000], nil), ([800, 900, 1000], nil),
      ([1_000_000, 999_999, 999_998], nil), ([1_202, 1_200, 1_198], 599), ([200, 100, 0], 0),
      ([UInt64.max, UInt64.max / 2, 0], 0),
    ] as [([UInt64], Int?)])
  func theLineIsGoneOnWith(left: [UInt64], expected: Int?) { #expect(trend(left) == expected) }

  @Test func oneLookThatIsOffDoesNotTurnIt() {
    // 100 a second, and in one second reclaim gave 150 back.
    let left: [UInt64] = [2000, 1900, 1800, 1700, 1600, 1750, 1400, 1300]
    let seconds = trend(left) ?? 0
    #expect((11...17).contains(seconds), "13 by the line without it; \(seconds)")
  }

  @Test func whatIsLongAgoIsForgotten() {
    let flat = [UInt64](repeating: 10_000, count: 50)
    let falling = (1...MemoryTrend.capacity).map { UInt64(10_000 - $0 * 100) }
    #expect(trend(flat + falling) == trend(falling))
  }

  @Test func looksNeedNotBeEvenlySpaced() {
    var trend = MemoryTrend()
    for (seconds, left) in [(0, 1000), (1, 990), (5, 950), (10, 900)] as [(Int, UInt64)] {
      trend.add(leftKB: left, at: .seconds(seconds))
    }
    #expect(trend.exhaustedInSeconds == 90)
  }

  @Test func looksAtTheSameInstantTellNothing() {
    var trend = MemoryTrend()
    for left in [300, 200, 100] as [UInt64] { trend.add(leftKB: left, at: .seconds(1)) }
    #expect(trend.exhaustedInSeconds == nil)
  }

  @Test func noSeriesTrapsIt() {
    var random = SeededRandom.printed()
    for _ in 0..<2000 {
      var trend = MemoryTrend()
      for _ in 0..<Int.random(in: 0...20, using: &random) {
        let left = Bool.random(using: &random) ? UInt64.random(in: .min ... .max, using: &random) : 0
        trend.add(leftKB: left, at: .milliseconds(Int64.random(in: 0...100, using: &random)))
      }
      if let seconds = trend.exhaustedInSeconds { #expect((0...600).contains(seconds)) }
    }
  }
}
