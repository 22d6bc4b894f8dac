import GuardCore
import Testing

struct MemoryInfoTests {
  @Test func fieldsAreReadByName() throws {
    let text = """
      MemTotal:       24684092 kB
      MemFree:        23746012 kB
      MemAvailable:   24284596 kB
      Active(anon):       1536 kB
      SwapTotal:             0 kB
      HugePages_Total:       0
      Hugetlb:            2048 kB
      MemTotal:              1 kB
      Nonsense
      """
    var expected = try MemoryInfo(Array("MemTotal: 24684092 kB".utf8))
    #expect(expected.totalKB == 24_684_092)
    (expected.freeKB, expected.availableKB, expected.activeAnonKB) = (23_746_012, 24_284_596, 1536)
    (expected.swapTotalKB, expected.hugetlbKB, expected.hugePagesTotal) = (0, 2048, 0)
    #expect(try MemoryInfo(Array(text.utf8)) == expected)
  }

  @Test func whatAKernelDoesNotPrintIsNil() throws {
    let info = try MemoryInfo(Array("MemTotal: 8 kB\nMemFree: 4 kB\n".utf8))
    #expect(info.availableKB == nil)
    #expect(info.swapTotalKB == nil)
  }

  @Test(arguments: [
    "", "MemTotal: 0 kB", "MemTotal:", "MemTotal: -5 kB", "memtotal: 5 kB",
    "MemTotal: 99999999999999999999 kB",
  ])
  func withoutATotalThereIsNothing(text: String) {
    #expect(throws: KernelTextError(missing: "MemTotal")) { try MemoryInfo(Array(text.utf8)) }
  }
}
