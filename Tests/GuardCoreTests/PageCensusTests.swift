import GuardCore
import Testing

struct PageCensusTests {
  // Numbers of include/uapi/linux/kernel-page-flags.h.
  private static let dirty: UInt64 = 1 << 4
  private static let lru: UInt64 = 1 << 5
  private static let slab: UInt64 = 1 << 7
  private static let writeback: UInt64 = 1 << 8
  private static let mapped: UInt64 = 1 << 11
  private static let anonymous: UInt64 = 1 << 12
  private static let swapCache: UInt64 = 1 << 13
  private static let swapBacked: UInt64 = 1 << 14
  private static let head: UInt64 = 1 << 15
  private static let tail: UInt64 = 1 << 16
  private static let unevictable: UInt64 = 1 << 18

  @Test func eachPageCountsOnceAndFirstThingsFirst() {
    let pages: [(flags: UInt64, counter: WritableKeyPath<PageCensus, UInt64>?)] = [
      (0, nil), (1 << 10, nil), (Self.slab | Self.dirty, nil), (Self.lru, \.cleanFile),
      (Self.lru | Self.mapped, \.mappedFile), (Self.lru | Self.mapped | Self.dirty, \.dirtyFile),
      (Self.lru | Self.dirty | Self.writeback, \.writebackFile),
      (Self.lru | Self.dirty | Self.unevictable, \.lockedFile),
      (Self.lru | Self.swapBacked | Self.anonymous | Self.mapped, nil),
      (Self.lru | Self.swapBacked | Self.anonymous | Self.mapped | Self.unevictable, \.lockedAnonymous),
      (Self.lru | Self.swapBacked | Self.anonymous | Self.swapCache | Self.mapped, nil),
      (Self.lru | Self.swapBacked | Self.anonymous | Self.swapCache, \.swapCacheOnly),
      (Self.lru | Self.swapBacked | Self.dirty | Self.mapped, nil),
      (Self.lru | Self.swapBacked | Self.unevictable, \.lockedShared),
      // A packet ring mapped to user space is nobody's cache.
      (Self.mapped, nil),
    ]
    for (flags, counter) in pages {
      var (census, expected) = (PageCensus(), PageCensus())
      census.count(flags)
      if let counter { expected[keyPath: counter] = 1 }
      #expect(census == expected, "flags \(String(flags, radix: 2))")
    }
  }

  @Test func theTailsOfALargePageAreWhatItsHeadIs() {
    var census = PageCensus()
    census.count(Self.lru | Self.mapped | Self.head)
    for _ in 0..<3 { census.count(Self.tail) }
    census.count(Self.lru)
    #expect((census.mappedFile, census.cleanFile) == (4, 1))
  }

  @Test func wordsAreTakenWhole() {
    var census = PageCensus()
    var words: [UInt8] = []
    for word in [Self.lru, 0, Self.lru | Self.dirty] {
      unsafe withUnsafeBytes(of: word) { unsafe words.append(contentsOf: $0) }
    }
    census.count(words + [0xff, 0xff])
    #expect((census.cleanFile, census.dirtyFile) == (1, 1))
  }
}
