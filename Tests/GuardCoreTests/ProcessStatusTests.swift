import GuardCore
import Testing

struct ProcessStatusTests {
  private static func status(_ text: String) -> ProcessStatus { ProcessStatus(Array(text.utf8)) }

  @Test func userAndSizesAreRead() {
    let text = """
      Name:\tUid:\\n Uid:
      Umask:\t0022
      State:\tS (sleeping)
      Tgid:\t4241
      Pid:\t4242
      Uid:\t1000\t1001\t1002\t1003
      Gid:\t100\t100\t100\t100
      VmPeak:\t    4000 kB
      VmSize:\t    3060 kB
      VmLck:\t       8 kB
      VmRSS:\t    1668 kB
      RssAnon:\t     116 kB
      RssFile:\t    1552 kB
      RssShmem:\t       0 kB
      VmPTE:\t      44 kB
      VmSwap:\t      12 kB
      Threads:\t3
      CapInh:\t0000000000000000
      CapEff:\t000001ffffffffff

      """
    var expected = Self.status("")
    (expected.effectiveUID, expected.totalVMKB, expected.lockedKB) = (1001, 3060, 8)
    (expected.rssKB, expected.anonRSSKB, expected.fileRSSKB, expected.shmemRSSKB) = (1668, 116, 1552, 0)
    (expected.swapKB, expected.pgtablesKB) = (12, 44)
    (expected.threadGroupID, expected.effectiveCapabilities) = (4241, 0x1ff_ffff_ffff)
    (expected.comm, expected.threadCount) = (Array("Uid:\n Uid:".utf8), 3)
    #expect(Self.status(text) == expected)
  }

  @Test func aKernelThreadHasNoSizes() {
    var expected = Self.status("")
    (expected.comm, expected.effectiveUID, expected.threadCount) = (Array("kthreadd".utf8), 0, 1)
    #expect(Self.status("Name:\tkthreadd\nUid:\t0\t0\t0\t0\nThreads:\t1\n") == expected)
  }

  @Test(arguments: [
    "", "Uid:", "Uid:\t0", "Uid:\t0\t-1\t0\t0", "VmRSS:\tmany kB", "\u{0}\u{1}",
    "VmRSS:\t99999999999999999999 kB", "CapEff:\t1ffffffffffffffff", "CapEff:\tx", "Tgid:\t4294967296",
  ])
  func whatIsNotThereIsNil(text: String) { #expect(Self.status(text) == Self.status("")) }

  /// The kernel escapes the newline and the backslash, and nothing else.
  @Test(arguments: [("a\\nb", "a\nb"), ("\\\\n", "\\n"), ("a\\", "a\\"), ("", ""), (" x ", " x ")])
  func theNameIsWhatTheKernelKeeps(shown: String, comm: String) {
    #expect(Self.status("Name:\t\(shown)\n").comm == Array(comm.utf8))
  }
}
