internal import GuardCore

// The kinds of memory in the words people use.

extension MemoryKind {
  var title: String {
    switch self {
    case .anonymous: "anonymous: heaps, stacks, private maps"
    case .swapCache: "swap cache"
    case .locked: "locked, unevictable"
    case .tmpfs: "tmpfs"
    case .posixShared: "POSIX shared memory"
    case .sysv: "System V shared memory"
    case .sysvOrphaned: "System V, attached to nobody"
    case .tmpfsElsewhere: "tmpfs of other namespaces"
    case .shared: "shared anonymous, memfd, other shared"
    case .fileWriteback: "files: being written"
    case .fileDirty: "files: dirty"
    case .fileMapped: "files: mapped, clean"
    case .fileClean: "files: clean, unmapped"
    case .buffers: "buffers: block devices"
    case .slabReclaimable: "slab, reclaimable: names, inodes"
    case .kernelReclaimable: "kernel, reclaimable"
    case .slabUnreclaimable: "slab, unreclaimable"
    case .messageQueues: "message queues"
    case .pageTables: "page tables"
    case .kernelStacks: "kernel stacks"
    case .vmalloc: "vmalloc: modules, kernel buffers"
    case .perCPU: "per processor"
    case .hugePages: "huge pages in use"
    case .hugePagesIdle: "huge pages set aside"
    case .zram: "zram"
    case .zswap: "zswap"
    case .freePerCPU: "free, kept by processors"
    case .free: "free"
    }
  }

  /// The parts of the bar that stands for all of RAM.
  var share: MemoryShare {
    switch self {
    case .anonymous, .swapCache, .locked, .hugePages: .processes
    case .tmpfs, .posixShared, .sysv, .sysvOrphaned, .tmpfsElsewhere, .shared: .shared
    case .fileWriteback, .fileDirty, .fileMapped, .fileClean, .buffers: .cache
    case .free, .freePerCPU: .free
    case .slabReclaimable, .kernelReclaimable, .slabUnreclaimable, .messageQueues, .pageTables, .kernelStacks,
      .vmalloc, .perCPU, .hugePagesIdle, .zram, .zswap:
      .kernel
    }
  }
}

enum MemoryShare: String, CaseIterable {
  case processes, shared
  case cache = "file cache"
  case kernel, free
}

extension MemoryLedger.Line {
  /// How it comes free.
  var release: String {
    switch (kind, reclaim) {
    case (.fileDirty, _), (.fileWriteback, _): "once written"
    case (.free, _), (.freePerCPU, _): "is free"
    case (.sysvOrphaned, _): "never by itself: ipcrm"
    case (_, .yes): "when wanted"
    case (_, .swap): "by swapping out"
    case (_, .exit): "when its processes end"
    case (_, .delete): "when deleted"
    case (_, .no): "no"
    }
  }
}

extension Releases.Certainty {
  var words: String {
    switch self {
    case .counted: "counted"
    case .close: "within some percent"
    case .about: "about, or more"
    case .atMost: "at most, perhaps far less"
    case .atLeast: "at least"
    }
  }
}

extension ZoneInfo.Zone.Standing {
  var words: String {
    switch self {
    case .aboveHigh: "above high"
    case .belowHigh: "below high: kswapd goes on once awake"
    case .belowLow: "below low: kswapd is woken"
    case .belowMin: "below min: allocations reclaim"
    }
  }

  var colour: Colour? {
    switch self {
    case .aboveHigh, .belowHigh: nil
    case .belowLow: .caution
    case .belowMin: .bad
    }
  }
}
