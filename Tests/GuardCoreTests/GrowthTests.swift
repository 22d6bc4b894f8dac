import GuardCore
import Testing

struct GrowthTests {
  private func sizes(_ sizes: [(Int32, UInt64)]) -> [Growth.Size] {
    sizes.map { Growth.Size(pid: $0.0, kb: $0.1) }
  }

  @Test func whoGrewMostSinceTheLastLookIsFastest() {
    var growth = Growth()
    #expect(growth.look(sizes([(1, 500), (2, 300)]), at: .seconds(10)) == nil, "nothing to compare with")
    #expect(
      growth.look(sizes([(1, 510), (2, 400)]), at: .seconds(12)) == .init(pid: 2, kbPerSecond: 50))
    #expect(
      growth.look(sizes([(1, 600), (2, 401)]), at: .milliseconds(12_500)) == .init(pid: 1, kbPerSecond: 180))
    #expect(growth.look(sizes([(1, 600), (2, 1)]), at: .seconds(13)) == nil, "nobody grew")
    #expect(growth.look(sizes([(1, 700)]), at: .seconds(13)) == nil, "no time has passed")
  }

  @Test func aNewcomerGrewFromNothingOrFromTheLeastThatWasKept() {
    var growth = Growth()
    _ = growth.look(sizes([(1, 500)]), at: .seconds(0))
    #expect(growth.look(sizes([(1, 550), (9, 300)]), at: .seconds(1)) == .init(pid: 9, kbPerSecond: 300))
    let full = (1...Int32(Growth.capacity)).map { Growth.Size(pid: $0, kb: 1000) }
    _ = growth.look(full, at: .seconds(2))
    #expect(
      growth.look(sizes([(1, 1100), (99, 1050)]), at: .seconds(3)) == .init(pid: 1, kbPerSecond: 100),
      "it had up to 1000 before")
  }

  @Test func theLargestOfManyAreKept() {
    var largest = LargestSizes()
    // Neither rising nor falling.
    let all = (0..<1000).map { Growth.Size(pid: Int32($0), kb: UInt64(($0 * 7919) % 1009)) }
    for size in all { largest.offer(size) }
    let expected = Set(all.map(\.kb).sorted(by: >).prefix(Growth.capacity))
    #expect(Set(largest.sizes.map(\.kb)) == expected)
    #expect(largest.sizes.count == Growth.capacity)
  }

  @Test func fewAreAllKept() {
    var largest = LargestSizes()
    for size in sizes([(1, 5), (2, 0), (3, 5)]) { largest.offer(size) }
    #expect(largest.sizes == sizes([(1, 5), (2, 0), (3, 5)]))
  }
}
