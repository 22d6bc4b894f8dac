/// What would free memory now, and how much.
package struct Releases: Equatable, Sendable {
  package enum Certainty: String, Sendable {
    /// The kernel counts it.
    case counted
    /// What was seen to come free in tests, a few percent more or less.
    case close
    /// What the kernel is asked for; it takes a batch at a time, and was seen to take half as much again.
    case about
    /// No more than this; it may be far less.
    case atMost = "at_most"
    /// No less than this.
    case atLeast = "at_least"
  }

  package struct Release: Equatable, Sendable {
    package var kb: UInt64
    package var certainty: Certainty

    package init(kb: UInt64, _ certainty: Certainty) { (self.kb, self.certainty) = (kb, certainty) }
  }

  /// `drop_caches` 1, 2 and 3, and after sync(2). See Documentation/admin-guide/sysctl/vm.rst.
  package var caches, slab, cachesAndSlab: Release?
  package var syncedCaches, syncedCachesAndSlab: Release?
  /// What swap has room for.
  package var swapOut: Release?
  package var orphanedSegments: Release?

  /// - Parameter slabShare: how much of the reclaimable slab is in use by nobody; `nil` if not known.
  package init(_ ledger: MemoryLedger, _ memory: MemoryInfo, slab unusedSlabKB: UInt64?) {
    let isCounted = !ledger.lines.contains { $0.kind == .fileClean && $0.isEstimated }
    let certainty: Certainty = isCounted ? .close : .atMost
    if let clean = ledger.kb(.fileClean) {
      let dropped = clean &+ (ledger.kb(.buffers) ?? 0)
      caches = Release(kb: dropped, certainty)
      let pending = (ledger.kb(.fileDirty) ?? 0) &+ (ledger.kb(.fileWriteback) ?? 0)
      syncedCaches = Release(kb: dropped &+ pending, certainty)
    }
    if let reclaimable = ledger.kb(.slabReclaimable) {
      slab =
        unusedSlabKB.map { Release(kb: min($0, reclaimable), .close) } ?? Release(kb: reclaimable, .atMost)
    }
    func both(_ caches: Release?) -> Release? {
      guard let caches, let slab else { return nil }
      return Release(
        kb: caches.kb &+ slab.kb, [caches, slab].contains { $0.certainty == .atMost } ? .atMost : .close)
    }
    (cachesAndSlab, syncedCachesAndSlab) = (both(caches), both(syncedCaches))
    if let free = memory.swapFreeKB {
      let kinds: Set<MemoryKind> = [
        .anonymous, .shared, .tmpfs, .tmpfsElsewhere, .posixShared, .sysv, .sysvOrphaned,
      ]
      let swappable = ledger.lines.filter { kinds.contains($0.kind) }.reduce(0) { $0 &+ $1.kb }
      swapOut = Release(kb: min(free, swappable), .atMost)
    }
    orphanedSegments = ledger.kb(.sysvOrphaned).map { Release(kb: $0, .counted) }
  }
}
