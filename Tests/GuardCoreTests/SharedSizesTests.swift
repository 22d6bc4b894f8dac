import GuardCore
import Testing

struct SharedSizesTests {
  @Test func theRollupIsRead() {
    let text = """
      55d0c0a00000-7ffd00021000 ---p 00000000 00:00 0                          [rollup]
      Rss:                1748 kB
      Pss:                 397 kB
      Private_Clean:        44 kB
      Private_Dirty:       116 kB
      AnonHugePages:      2048 kB
      SwapPss:               8 kB

      """
    var expected = SharedSizes([])
    (expected.pssKB, expected.privateKB, expected.swapPSSKB, expected.anonHugeKB) = (397, 160, 8, 2_048)
    #expect(SharedSizes(Array(text.utf8)) == expected)
    #expect(SharedSizes(Array("Private_Clean: 1 kB\n".utf8)) == SharedSizes([]))
  }
}
