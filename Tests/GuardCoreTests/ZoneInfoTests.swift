import GuardCore
import GuardTestSupport
import Testing

struct ZoneInfoTests {
  @Test func zonesOfAnOldKernel() throws {
    func name(_ text: String) -> [UInt8] { Array(text.utf8) }
    #expect(
      ZoneInfo(try Fixture.bytes("memory/2.6.32/zoneinfo")).zones == [
        .init(
          node: 0, name: name("DMA"), freePages: 3934, minPages: 8, lowPages: 10, highPages: 12,
          processorPages: 0),
        .init(
          node: 0, name: name("DMA32"), freePages: 210_044, minPages: 1572, lowPages: 1965, highPages: 2358,
          processorPages: 191),
        .init(
          node: 0, name: name("Normal"), freePages: 90_043, minPages: 2640, lowPages: 3300, highPages: 3960,
          processorPages: 281),
      ])
  }

  @Test func emptyZonesTakeNoPart() throws {
    let zones = ZoneInfo(try Fixture.bytes("memory/4.19/zoneinfo"))
    #expect(zones.zones.map(\.isPopulated) == [true, true, true, false, false])
    #expect(zones.zones.map(\.standing) == [.aboveHigh, .aboveHigh, .belowLow, nil, nil])
    #expect(try #require(zones.processorPages) == 102 + 76 + 31 + 14)
  }

  @Test func everyNodeHasItsZones() throws {
    let zones = ZoneInfo(try Fixture.bytes("memory/5.10/zoneinfo"))
    #expect(zones.zones.map(\.node) == [0, 0, 0, 1, 1])
    #expect(zones.zones.map(\.managedPages) == [3840, 765_916, 3_210_000, 4_121_000, 0])
  }

  @Test(arguments: [
    (5 as UInt64, ZoneInfo.Zone.Standing.belowMin), (10, .belowLow), (19, .belowLow), (20, .belowHigh),
    (30, .aboveHigh),
  ])
  func freeStandsBetweenTheMarks(free: UInt64, standing: ZoneInfo.Zone.Standing) {
    let zone = ZoneInfo.Zone(
      node: 0, name: [], freePages: free, minPages: 10, lowPages: 20, highPages: 30, managedPages: 1000)
    #expect(zone.standing == standing)
  }

  @Test(arguments: ["", "pages free 3", "Node x, zone DMA\n pages free 3", "Node 0, zone\n  min 4"])
  func whatIsNoZoneIsNone(text: String) { #expect(ZoneInfo(Array(text.utf8)).zones == []) }
}
