/// Where the machine's memory is: every page in exactly one line, as far as the kernel tells.
///
/// The kernel's own figures overlap: shared memory counts as cache, a dirty page may be mapped, kernel stacks are
/// vmalloc. Each overlap is resolved here, none is shown twice. Sources: proc_meminfo(5); fs/proc/meminfo.c;
/// Documentation/filesystems/proc.rst.
package struct MemoryLedger: Equatable, Sendable {
  package struct Line: Equatable, Sendable {
    package var kind: MemoryKind
    /// A mount's path, for ``MemoryKind/tmpfs`` and its like.
    package var subject: [UInt8]?
    package var kb: UInt64
    package var reclaim: Reclaim
    /// Whether it is inferred from figures that overlap, not counted.
    package var isEstimated: Bool

    package init(
      _ kind: MemoryKind, _ subject: [UInt8]? = nil, kb: UInt64, _ reclaim: Reclaim, isEstimated: Bool = false
    ) {
      (self.kind, self.subject, self.kb) = (kind, subject, kb)
      (self.reclaim, self.isEstimated) = (reclaim, isEstimated)
    }
  }

  /// What a tmpfs holds, in RAM and in swap.
  package struct Tmpfs: Equatable, Sendable {
    package var path: [UInt8]
    /// Whether it is seen here, or only in another mount namespace.
    package var isElsewhere: Bool
    package var usedKB: UInt64
    /// How far it may grow; `nil` without a limit.
    package var limitKB: UInt64?
    /// The part of ``usedKB`` that is in swap, inferred: the kernel does not say. Set by the ledger.
    package var swappedKB: UInt64 = 0

    package init(path: [UInt8], isElsewhere: Bool = false, usedKB: UInt64, limitKB: UInt64?) {
      (self.path, self.isElsewhere, self.usedKB, self.limitKB) = (path, isElsewhere, usedKB, limitKB)
    }
  }

  /// All that goes into it. Sizes in KiB; what is absent leaves its line out.
  package struct Sources: Sendable {
    package var memory: MemoryInfo
    package var census: PageCensus?
    package var zones: ZoneInfo?
    package var tmpfs: [Tmpfs]
    package var segments: [SharedSegment]?
    /// Messages in queues; in bytes.
    package var messageBytes: UInt64?
    /// What zram devices take of RAM; in bytes.
    package var zramBytes: UInt64?
    /// What all processes together have in swap of their own, shared memory not among it.
    package var processSwapKB: UInt64?
    /// The sum of all processes' RssShmem, in which a page counts once for each that maps it.
    package var mappedSharedKB: UInt64?
    package var pageKB: UInt64

    package init(_ memory: MemoryInfo, pageKB: UInt64) {
      (self.memory, self.pageKB) = (memory, pageKB)
      tmpfs = []
    }
  }

  package let totalKB: UInt64
  package private(set) var lines: [Line] = []
  package private(set) var tmpfs: [Tmpfs] = []

  /// What no line accounts for. Negative where figures, which are read one after the other, moved in between.
  package var unaccountedKB: Int64 {
    lines.reduce(Int64(clamping: totalKB)) { $0 &- Int64(clamping: $1.kb) }
  }

  package func kb(_ kind: MemoryKind) -> UInt64? {
    let found = lines.filter { $0.kind == kind }
    return found.isEmpty ? nil : found.reduce(0) { $0 &+ $1.kb }
  }

  package init(_ sources: Sources) {
    totalKB = sources.memory.totalKB
    addAnonymous(sources)
    addShared(sources)
    addFiles(sources)
    addKernel(sources)
    add(.freePerCPU, kb: sources.zones?.processorPages.map { $0 &* sources.pageKB }, .yes)
    add(.free, kb: sources.memory.freeKB, .yes)
  }

  private mutating func add(
    _ kind: MemoryKind, _ subject: [UInt8]? = nil, kb: UInt64?, _ reclaim: Reclaim, isEstimated: Bool = false
  ) {
    if let kb { lines.append(Line(kind, subject, kb: kb, reclaim, isEstimated: isEstimated)) }
  }

  // MARK: Anonymous

  private mutating func addAnonymous(_ sources: Sources) {
    let memory = sources.memory
    let swappable: Reclaim = memory.hasFreeSwap ? .swap : .exit
    let locked = Locked(sources)
    if let anonymous = memory.anonymousKB {
      add(
        .anonymous, kb: anonymous.less(locked?.anonymousKB), swappable, isEstimated: locked?.isGuess ?? false)
    }
    add(.swapCache, kb: Self.swapCacheOnly(sources), .yes, isEstimated: sources.census == nil)
    if let locked {
      add(.locked, kb: locked.anonymousKB &+ locked.fileKB, .exit, isEstimated: locked.isGuess)
    }
  }

  /// Unevictable pages by what they are. Every anonymous or shared page is on an anonymous list or unevictable,
  /// every file page on a file list or unevictable, so without a census the rest of each kind can be inferred.
  struct Locked {
    var anonymousKB, fileKB: UInt64
    var isGuess: Bool

    init?(_ sources: Sources) {
      let memory = sources.memory
      guard let unevictable = memory.unevictableKB else { return nil }
      let files = (memory.fileKB ?? 0) &+ (memory.buffersKB ?? 0)
      if let census = sources.census {
        anonymousKB = min(census.lockedAnonymous &* sources.pageKB, memory.anonymousKB ?? 0)
        fileKB = min(census.lockedFile &* sources.pageKB, files)
        isGuess = false
      } else {
        let listed = (memory.activeFileKB ?? 0) &+ (memory.inactiveFileKB ?? 0)
        fileKB = min(files.less(listed), unevictable)
        anonymousKB = min(unevictable - fileKB, memory.anonymousKB ?? 0)
        isGuess = unevictable > 0
      }
    }
  }

  private static func swapCacheOnly(_ sources: Sources) -> UInt64? {
    let memory = sources.memory
    guard let swapCached = memory.swapCachedKB else { return nil }
    if let census = sources.census { return min(census.swapCacheOnly &* sources.pageKB, swapCached) }
    // SwapCached counts pages that are mapped as well, and so are anonymous; those on the lists beyond all
    // mapped and shared ones are not.
    guard let active = memory.activeAnonKB, let inactive = memory.inactiveAnonKB else { return nil }
    let locked = Locked(sources)?.anonymousKB ?? 0
    let mapped = (memory.anonymousKB ?? 0) &+ (memory.shmemKB ?? 0)
    return min((active &+ inactive &+ locked).less(mapped), swapCached)
  }

  // MARK: Shared

  private mutating func addShared(_ sources: Sources) {
    guard var rest = sources.memory.shmemKB else { return }
    let swappable: Reclaim = sources.memory.hasFreeSwap ? .swap : .delete
    for isOrphaned in [false, true] {
      guard let segments = sources.segments?.filter({ $0.isOrphaned == isOrphaned }) else { continue }
      guard !segments.contains(where: { $0.residentBytes == nil }) else { continue }
      let resident = segments.reduce(0) { $0 &+ ($1.residentBytes ?? 0) } / 1024
      // Segments of huge pages are in their pool and not in Shmem.
      let kb = min(resident, rest)
      rest -= kb
      add(isOrphaned ? .sysvOrphaned : .sysv, kb: kb, isOrphaned ? .delete : swappable)
    }
    let swapped = Self.swappedShared(sources)
    tmpfs = sources.tmpfs
    // Shared memory of which `rest` is in RAM and `swapped` is not: each mount is taken to have its share of both.
    let whole = rest &+ swapped
    for index in tmpfs.indices {
      let used = tmpfs[index].usedKB
      if whole > 0 {
        tmpfs[index].swappedKB = min(
          used, whole.dividingFullWidth(min(used, whole).multipliedFullWidth(by: swapped)).quotient)
      }
      let kb = min(used - tmpfs[index].swappedKB, rest)
      rest -= kb
      let isPOSIX = !tmpfs[index].isElsewhere && tmpfs[index].path.elementsEqual("/dev/shm".utf8)
      add(
        tmpfs[index].isElsewhere ? .tmpfsElsewhere : isPOSIX ? .posixShared : .tmpfs, tmpfs[index].path,
        kb: kb,
        swappable, isEstimated: swapped > 0)
    }
    add(.shared, kb: rest, sources.memory.hasFreeSwap ? .swap : .exit)
  }

  /// How much of tmpfs and shared anonymous memory is in swap: what no process and no segment accounts for.
  private static func swappedShared(_ sources: Sources) -> UInt64 {
    let memory = sources.memory
    guard let total = memory.swapTotalKB, let free = memory.swapFreeKB, let processes = sources.processSwapKB
    else { return 0 }
    let segments = (sources.segments ?? []).reduce(0) { $0 &+ ($1.swappedBytes ?? 0) } / 1024
    return total.less(free).less(processes).less(segments).less(memory.swapCachedKB)
  }

  // MARK: Files

  private mutating func addFiles(_ sources: Sources) {
    let memory = sources.memory
    guard var rest = memory.fileKB else { return add(.buffers, kb: memory.buffersKB, .yes) }
    let isGuess = sources.census == nil
    // Locked pages have a line already.
    rest = rest.less(Locked(sources)?.fileKB)
    func taken(_ counted: UInt64?, _ told: UInt64?) -> UInt64? {
      let kb = (counted.map { $0 &* sources.pageKB } ?? told).map { min($0, rest) }
      rest -= kb ?? 0
      return kb
    }
    let shared = min(sources.mappedSharedKB ?? 0, memory.shmemKB ?? 0)
    // A dirty page counts as dirty also if it is mapped: it has to be written before it can go.
    add(.fileWriteback, kb: taken(sources.census?.writebackFile, memory.writebackKB), .yes)
    add(.fileDirty, kb: taken(sources.census?.dirtyFile, memory.dirtyKB), .yes)
    add(
      .fileMapped, kb: taken(sources.census?.mappedFile, memory.mappedKB.map { $0.less(shared) }), .yes,
      isEstimated: isGuess)
    add(.fileClean, kb: rest, .yes, isEstimated: isGuess)
    add(.buffers, kb: memory.buffersKB, .yes)
  }

  // MARK: Kernel

  private mutating func addKernel(_ sources: Sources) {
    let memory = sources.memory
    add(.slabReclaimable, kb: memory.slabReclaimableKB, .yes)
    if let all = memory.kernelReclaimableKB, let slab = memory.slabReclaimableKB {
      add(.kernelReclaimable, kb: all.less(slab), .yes)
    }
    // Messages lie in slabs that are not reclaimable.
    let messages = sources.messageBytes.map { min($0 / 1024, memory.slabUnreclaimableKB ?? 0) }
    add(.slabUnreclaimable, kb: memory.slabUnreclaimableKB.map { $0.less(messages) }, .no)
    add(.messageQueues, kb: messages, .delete)
    if let tables = memory.pageTablesKB {
      add(.pageTables, kb: tables &+ (memory.secondaryPageTablesKB ?? 0), .exit)
    }
    add(.kernelStacks, kb: memory.kernelStackKB, .exit)
    // Counted in pages only since Linux 5.3; before it was 0 or an amount of addresses, not of memory. Stacks lie
    // in it (CONFIG_VMAP_STACK, the rule since 4.14).
    if memory.perCPUKB != nil, let vmalloc = memory.vmallocUsedKB, vmalloc > 0 {
      add(.vmalloc, kb: vmalloc.less(memory.kernelStackKB), .no)
    }
    add(.perCPU, kb: memory.perCPUKB, .no)
    addHugePages(memory)
    add(.zram, kb: sources.zramBytes.map { $0 / 1024 }, .no)
    add(.zswap, kb: memory.zswapKB, .no)
  }

  private mutating func addHugePages(_ memory: MemoryInfo) {
    let size = memory.hugePageSizeKB ?? 0
    guard let total = memory.hugetlbKB ?? memory.hugePagesTotal.map({ $0 &* size }) else { return }
    let idle = min((memory.hugePagesFree ?? 0) &* size, total)
    add(.hugePages, kb: total - idle, .exit)
    add(.hugePagesIdle, kb: idle, .no)
  }
}

extension MemoryInfo {
  /// Pages of files: the cache without shared memory, which the kernel counts there; all of it before
  /// Linux 2.6.32, which does not tell them apart.
  package var fileKB: UInt64? { cachedKB.map { $0.less(shmemKB) } }

  package var hasFreeSwap: Bool { (swapFreeKB ?? 0) > 0 }
}

extension UInt64 {
  /// The difference, but never less than nothing: figures that belong together are read one after the other.
  package func less(_ other: UInt64?) -> UInt64 { self > other ?? 0 ? self - (other ?? 0) : 0 }
}
