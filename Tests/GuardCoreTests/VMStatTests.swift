import GuardCore
import Testing

struct VMStatTests {
  @Test func countersOfZonesAreSummed() {
    let text = """
      workingset_refault_anon 3
      workingset_refault_file 2000
      pswpin 1
      pswpout 2
      allocstall_dma 0
      allocstall_dma32 5
      allocstall_normal 6
      pgmajfault 10906
      pgsteal_kswapd 7
      pgsteal_direct 8
      pgscan_kswapd 9
      pgscan_direct 10
      pgscan_direct_throttle 11
      oom_kill 4
      """
    var expected = VMStat([])
    (expected.oomKills, expected.allocationStalls) = (4, 11)
    (expected.directScans, expected.directSteals, expected.kswapdScans, expected.kswapdSteals) = (10, 8, 9, 7)
    (expected.swapIns, expected.swapOuts, expected.majorFaults, expected.refaults) = (1, 2, 10906, 2003)
    #expect(VMStat(Array(text.utf8)) == expected)
  }

  @Test func oldKernelsScanByZone() {
    var expected = VMStat([])
    (expected.directScans, expected.allocationStalls) = (30, 12)
    #expect(VMStat(Array("pgscan_direct_dma 10\npgscan_direct_normal 20\nallocstall 12\n".utf8)) == expected)
  }

  @Test(arguments: ["", "oom_kill", "oom_kill -1", "oom_kills 3", "oom_kill x"])
  func anAbsentCounterIsNotZero(text: String) { #expect(VMStat(Array(text.utf8)).oomKills == nil) }

  @Test(arguments: [
    ("oom_kill 7\n", 7), ("nr_free_pages 1\noom_kill 185\nnuma_hit 3\n", 185),
    ("oom_kill_disable 0\noom_kill 2", 2),
    ("low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n", 2), ("oom_kill\n", nil),
    ("oom_kill x\n", nil), ("oom_kill x\noom_kill 3\noom_kill 4\n", 3),
    ("noom_kill 1\n", nil), ("", nil), ("\n\n", nil),
    ("oom_kill 18446744073709551616\n", nil), ("oom_kill_disable 0\nunder_oom 0\n", nil),
  ])
  func killsAloneAreReadLikewise(text: String, kills: UInt64?) {
    #expect(VMStat.oomKills(in: Array(text.utf8)) == kills)
    #expect(VMStat(Array(text.utf8)).oomKills == kills)
    #expect(MemoryEvents(Array(text.utf8)).oomKills == kills)
  }
}
