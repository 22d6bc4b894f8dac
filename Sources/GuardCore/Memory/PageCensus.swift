/// What each page of RAM is used for, counted from `/proc/kpageflags` (root only): tells apart what /proc/meminfo
/// counts more than once. In pages. Source: Documentation/admin-guide/mm/pagemap.rst; fs/proc/page.c.
package struct PageCensus: Equatable, Sendable {
  /// Unevictable: locked by mlock(2), SHM_LOCK or ramfs.
  package var lockedAnonymous: UInt64 = 0
  package var lockedShared: UInt64 = 0
  package var lockedFile: UInt64 = 0
  /// Pages of files and block devices that are not locked, each in the first of these that fits.
  package var writebackFile: UInt64 = 0
  package var dirtyFile: UInt64 = 0
  package var mappedFile: UInt64 = 0
  package var cleanFile: UInt64 = 0
  /// Anonymous pages that have a place in swap and are mapped by nobody.
  package var swapCacheOnly: UInt64 = 0

  /// The flags of the last page that began a large one: its tails have none of their own.
  private var head: UInt64 = 0

  package init() {}

  package static func == (left: Self, right: Self) -> Bool { left.counts == right.counts }

  private var counts: [UInt64] {
    [
      lockedAnonymous, lockedShared, lockedFile, writebackFile, dirtyFile, mappedFile, cleanFile,
      swapCacheOnly,
    ]
  }

  // The bits' numbers are the kernel's ABI: include/uapi/linux/kernel-page-flags.h.
  private static let dirty: UInt64 = 1 << 4
  private static let lru: UInt64 = 1 << 5
  private static let writeback: UInt64 = 1 << 8
  private static let mmap: UInt64 = 1 << 11
  private static let anonymous: UInt64 = 1 << 12
  private static let swapCache: UInt64 = 1 << 13
  private static let swapBacked: UInt64 = 1 << 14
  private static let compoundHead: UInt64 = 1 << 15
  private static let compoundTail: UInt64 = 1 << 16
  private static let unevictable: UInt64 = 1 << 18
  private static let shared = swapBacked
  /// Pages of the slab allocator, the free lists, huge page pools, holes; offline and page table pages.
  private static let elsewhere: UInt64 = 1 << 7 | 1 << 10 | 1 << 17 | 1 << 20 | 1 << 23 | 1 << 26
  /// Whatever is counted has one of these.
  private static let interesting = lru | unevictable | dirty | writeback

  /// Counts the next page, in the order of their numbers.
  package mutating func count(_ own: UInt64) {
    var flags = own
    if own & Self.compoundTail != 0 {
      flags = head
    } else if own & Self.compoundHead != 0 {
      head = own
    }
    guard flags & Self.interesting != 0, flags & Self.elsewhere == 0 else { return }
    let isLocked = flags & Self.unevictable != 0
    if flags & Self.anonymous != 0 {
      if flags & Self.swapCache != 0, flags & Self.mmap == 0 {
        swapCacheOnly += 1
      } else if isLocked {
        lockedAnonymous += 1
      }
    } else if flags & Self.shared != 0 {
      if isLocked { lockedShared += 1 }
    } else if isLocked {
      lockedFile += 1
    } else if flags & Self.writeback != 0 {
      writebackFile += 1
    } else if flags & Self.dirty != 0 {
      dirtyFile += 1
    } else if flags & Self.mmap != 0 {
      mappedFile += 1
    } else {
      cleanFile += 1
    }
  }
}

extension PageCensus {
  /// Counts the pages of a piece of the file: words of 8 bytes in the machine's order; the rest of one is left out.
  package mutating func count(_ words: [UInt8]) {
    unsafe words.withUnsafeBytes { bytes in
      for index in 0..<(bytes.count / 8) {
        let flags = unsafe bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
        // Most are free or the kernel's own.
        if flags != 0 { count(flags) }
      }
    }
  }
}
