import GuardCore
import GuardTestSupport
import Testing

struct ReleasesTests {
  private static func releases(_ kernel: String, slab: UInt64?) throws -> Releases {
    let memory = try MemoryInfo(Fixture.bytes("memory/\(kernel)/meminfo"))
    return Releases(MemoryLedger(.init(memory, pageKB: 4)), memory, slab: slab)
  }

  @Test func whatIsEstimatedIsAnUpperBound() throws {
    let releases = try Self.releases("4.19", slab: nil)
    #expect(releases.caches == .init(kb: 2_180_824 + 120_308, .atMost))
    #expect(releases.syncedCaches == .init(kb: 2_180_824 + 120_308 + 30_080 + 1024, .atMost))
    #expect(releases.slab == .init(kb: 232_416, .atMost))
    #expect(releases.cachesAndSlab == .init(kb: 2_180_824 + 120_308 + 232_416, .atMost))
    // Swap has room for less than there is.
    #expect(releases.swapOut == .init(kb: 728_196 + 46_080, .atMost))
    #expect(releases.orphanedSegments == nil)
  }

  @Test func swapTakesNoMoreThanItHasRoomFor() throws {
    #expect(try Self.releases("3.10", slab: 1).swapOut == .init(kb: 0, .atMost))
    #expect(try Self.releases("3.10", slab: 1).slab == .init(kb: 1, .close))
  }

  private static func slab(_ unused: Int) -> UnusedSlab? {
    UnusedSlab(
      slab: Array(
        """
        slabinfo - version: 2.1
        # name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>
        ext4_inode_cache    700    800   1128   29    8 : tunables    0    0    0 : slabdata     30     30      0
        sock_inode_cache    700    800   1128   29    8 : tunables    0    0    0 : slabdata     30     30      0
        dentry             1000   1050    192   21    1 : tunables    0    0    0 : slabdata     50     50      0
        radix_tree_node     100    200    584   28    4 : tunables    0    0    0 : slabdata     10     10      0
        kmalloc-512         100    200    584   28    4 : tunables    0    0    0 : slabdata     10     10      0
        """.utf8), dentries: Array("1000\t\(unused)\t45\t0\t80\t0\n".utf8),
      inodes: Array("1000\t0\t0\t0\t0\t0\t0\n".utf8), vmstat: Array("workingset_nodes 50\n".utf8))
  }

  @Test func whatIsInUseKeepsItsShareOfTheSlab() throws {
    #expect(try #require(Self.slab(1000)).kb(pageKB: 4) == (240 + 50 + 10) * 4)
    #expect(try #require(Self.slab(500)).kb(pageKB: 4) == (120 + 25 + 10) * 4)
    #expect(try #require(Self.slab(0)).kb(pageKB: 4) == 10 * 4)
  }

  @Test func countersThatOnlyGrowTellOfAnInterval() throws {
    let later = VMStat(try Fixture.bytes("memory/4.19/vmstat"))
    var earlier = later
    (earlier.kswapdScans, earlier.kswapdSteals) = (501_000, 402_110)
    let activity = ReclaimActivity(from: earlier, to: later, in: .milliseconds(250))
    #expect((activity.kswapdScans, activity.kswapdSteals, activity.directScans) == (208, 0, 0))
    #expect((activity.isKswapdAwake, activity.isDirect) == (true, false))
    let boot = ReclaimActivity(
      from: nil, to: VMStat(try Fixture.bytes("memory/2.6.32/vmstat")), in: .seconds(9))
    #expect((boot.kswapdScans, boot.directScans, boot.stalls) == (56_144, 128, 7))
    // What this kernel frees is not told apart by who did it.
    #expect((boot.kswapdSteals, boot.directSteals) == (nil, nil))
  }
}
