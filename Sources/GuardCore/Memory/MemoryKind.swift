/// What a page of RAM is used for. The words are those of `oomguardctl memory --json`.
package enum MemoryKind: String, CaseIterable, Sendable {
  /// Heaps, stacks, private maps: of one process, or of it and its children.
  case anonymous
  /// Anonymous pages on their way to or from swap that nobody maps.
  case swapCache = "swap_cache"
  /// Private and file pages that may not be evicted: mlock(2), ramfs. Locked shared memory stays in its own lines.
  case locked
  /// A mount of tmpfs, named by the line.
  case tmpfs
  /// POSIX shared memory: the tmpfs at /dev/shm.
  case posixShared = "posix_shm"
  /// System V segments that somebody has mapped, and those nobody has.
  case sysv
  case sysvOrphaned = "sysv_orphaned"
  /// A tmpfs that only another mount namespace sees.
  case tmpfsElsewhere = "tmpfs_elsewhere"
  /// The rest of shared memory: shared anonymous maps, memfd, graphics buffers.
  case shared = "shared_anonymous"
  /// Pages of files, in the first of these states that fits.
  case fileWriteback = "file_writeback"
  case fileDirty = "file_dirty"
  case fileMapped = "file_mapped"
  case fileClean = "file_clean"
  /// Pages of block devices: file systems' own structures.
  case buffers
  case slabReclaimable = "slab_reclaimable"
  /// What else the kernel gives back when asked.
  case kernelReclaimable = "kernel_reclaimable"
  case slabUnreclaimable = "slab_unreclaimable"
  /// POSIX and System V messages that nobody has taken yet.
  case messageQueues = "message_queues"
  case pageTables = "page_tables"
  case kernelStacks = "kernel_stacks"
  case vmalloc
  case perCPU = "per_cpu"
  case hugePages = "huge_pages"
  /// Set aside for whoever asks for huge pages; nobody else may have them.
  case hugePagesIdle = "huge_pages_idle"
  case zram
  case zswap
  /// Free, but kept by single processors.
  case freePerCPU = "free_per_cpu"
  case free
}

/// How a page can come free.
package enum Reclaim: String, Sendable {
  /// At once, when it is wanted.
  case yes
  /// By being written to swap, of which there is some.
  case swap
  /// When its processes end.
  case exit
  /// When somebody deletes what it belongs to: a file, a segment, a message.
  case delete
  case no
}
