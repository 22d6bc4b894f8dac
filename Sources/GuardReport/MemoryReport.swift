package import GuardCore
package import GuardLinux
package import GuardStatus

/// What `oomguardctl memory` knows of the machine: where its memory is, how near the kernel is to reclaiming, and
/// what would free some.
package struct MemoryReport: Sendable {
  /// The process the kernel would kill next, and what that would free.
  package struct Victim: Equatable, Sendable {
    package var pid: Int32
    package var comm: String
    /// What nobody else maps, and its page tables; `nil` where it may not be read.
    package var freedKB: UInt64?
  }

  package var memory: MemoryInfo
  package var ledger: MemoryLedger
  package var zones: [ZoneInfo.Zone]
  package var pageKB: UInt64
  package var segments: [SharedSegment]
  package var releases: Releases
  package var victim: Victim?
  /// Just now, and since boot; `nil` where /proc/vmstat cannot be read.
  package var activity, activitySinceBoot: ReclaimActivity?
  /// Whether states that overlap were told apart page by page.
  package var isCounted: Bool
  package var notes: [String] = []

  /// Long enough to tell an awake kswapd from one asleep, short enough for a person.
  private static let sample = Duration.milliseconds(250)

  /// - Parameter now: the wall clock.
  /// - Returns: `nil` where /proc/meminfo cannot be read.
  package init?(of root: RootDirectory, countsPages: Bool = true, at now: Timestamp) {
    let (before, start) = (root.vmstat, Clock.boot())
    guard let sources = root.memorySources(countsPages: countsPages) else { return nil }
    (memory, pageKB, segments) = (sources.memory, sources.pageKB, sources.segments ?? [])
    ledger = MemoryLedger(sources)
    zones = sources.zones?.zones ?? []
    isCounted = sources.census != nil
    releases = Releases(ledger, sources.memory, slab: root.unusedSlabKB)
    victim = Self.victim(in: root, at: now)
    if let before, root.isMachine {
      Clock.pause(max(.zero, Self.sample - (Clock.boot() - start)))
      if let after = root.vmstat {
        activity = ReclaimActivity(from: before, to: after, in: Clock.boot() - start)
      }
    }
    activitySinceBoot = before.map { ReclaimActivity(from: nil, to: $0, in: Clock.boot()) }
    if !isCounted {
      notes.append(
        countsPages && root.isMachine && OwnProcess.effectiveUID != 0
          ? "some lines are estimated, marked ~; run as root to have each page looked at"
          : "some lines are estimated, marked ~, since the pages were not looked at one by one")
    }
    if sources.processSwapKB == nil {
      notes.append(
        "other users' processes are hidden here; run as root to see what they share and have in swap")
    }
  }

  private static func victim(in root: RootDirectory, at now: Timestamp) -> Victim? {
    guard let next = try? Victims(root: root, at: now).victims.first else { return nil }
    let own = (try? ProcDirectory(in: root).process(next.pid).read("smaps_rollup"))
      .flatMap { SharedSizes($0).privateKB }
    return Victim(pid: next.pid, comm: next.comm, freedKB: own.map { $0 &+ next.pgtablesKB })
  }
}

extension MemoryReport: Encodable {
  private enum CodingKeys: String, CodingKey {
    case totalKB = "total_kb"
    case availableKB = "available_kb"
    case unaccountedKB = "unaccounted_kb"
    case unevictableKB = "unevictable_kb"
    case lines, zones, tmpfs, sysv, frees, swap, activity
    case activitySinceBoot = "activity_since_boot"
    case notes
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(ledger.totalKB, forKey: .totalKB)
    try container.encodeIfPresent(memory.availableKB, forKey: .availableKB)
    try container.encode(ledger.unaccountedKB, forKey: .unaccountedKB)
    try container.encodeIfPresent(memory.unevictableKB, forKey: .unevictableKB)
    try container.encode(ledger.lines.map(LineAnswer.init), forKey: .lines)
    try container.encode(zones.map { ZoneAnswer($0, pageKB: pageKB) }, forKey: .zones)
    try container.encode(ledger.tmpfs.map(TmpfsAnswer.init), forKey: .tmpfs)
    try container.encode(segments.map(SegmentAnswer.init), forKey: .sysv)
    try container.encode(FreesAnswer(releases: releases, victim: victim), forKey: .frees)
    try container.encode(SwapAnswer(memory), forKey: .swap)
    try container.encodeIfPresent(activity.map(ActivityAnswer.init), forKey: .activity)
    try container.encodeIfPresent(activitySinceBoot.map(ActivityAnswer.init), forKey: .activitySinceBoot)
    try container.encode(notes, forKey: .notes)
  }
}

private struct LineAnswer: Encodable {
  var kind: String
  var subject: String?
  var kb: UInt64
  var reclaim: String
  var estimated: Bool

  init(_ line: MemoryLedger.Line) {
    (kind, subject, kb) = (line.kind.rawValue, line.subject?.printable, line.kb)
    (reclaim, estimated) = (line.reclaim.rawValue, line.isEstimated)
  }
}

private struct ZoneAnswer: Encodable {
  var node: Int
  var zone: String
  var managedKB, freeKB, minKB, lowKB, highKB: UInt64?
  /// Where free stands: `above_high`, `below_high`, `below_low`, `below_min`.
  var state: String?

  private enum CodingKeys: String, CodingKey {
    case node, zone
    case managedKB = "managed_kb"
    case freeKB = "free_kb"
    case minKB = "min_kb"
    case lowKB = "low_kb"
    case highKB = "high_kb"
    case state
  }

  init(_ zone: ZoneInfo.Zone, pageKB: UInt64) {
    (node, self.zone, state) = (zone.node, zone.name.printable, zone.standing?.rawValue)
    func kb(_ pages: UInt64?) -> UInt64? { pages.map { $0 &* pageKB } }
    (managedKB, freeKB, minKB) = (kb(zone.managedPages), kb(zone.freePages), kb(zone.minPages))
    (lowKB, highKB) = (kb(zone.lowPages), kb(zone.highPages))
  }
}

private struct TmpfsAnswer: Encodable {
  var mount: String
  /// In another mount namespace only.
  var elsewhere: Bool
  var usedKB, swappedKB: UInt64
  var swappedEstimated: Bool
  var limitKB: UInt64?

  private enum CodingKeys: String, CodingKey {
    case mount, elsewhere
    case usedKB = "used_kb"
    case swappedKB = "swapped_kb"
    case swappedEstimated = "swapped_estimated"
    case limitKB = "limit_kb"
  }

  init(_ tmpfs: MemoryLedger.Tmpfs) {
    (mount, elsewhere, usedKB) = (tmpfs.path.printable, tmpfs.isElsewhere, tmpfs.usedKB)
    (swappedKB, swappedEstimated, limitKB) = (tmpfs.swappedKB, tmpfs.swappedKB > 0, tmpfs.limitKB)
  }
}

private struct SegmentAnswer: Encodable {
  var id, key: Int32
  var sizeKB: UInt64
  var residentKB, swappedKB: UInt64?
  var attachments: UInt64
  var creatorPID: Int32
  var creatorUID, ownerUID: UInt32
  var locked, orphaned: Bool

  private enum CodingKeys: String, CodingKey {
    case id, key
    case sizeKB = "size_kb"
    case residentKB = "resident_kb"
    case swappedKB = "swapped_kb"
    case attachments
    case creatorPID = "creator_pid"
    case creatorUID = "creator_uid"
    case ownerUID = "owner_uid"
    case locked, orphaned
  }

  init(_ segment: SharedSegment) {
    (id, key, sizeKB) = (segment.id, segment.key, segment.sizeBytes / 1024)
    (residentKB, swappedKB) = (
      segment.residentBytes.map { $0 / 1024 }, segment.swappedBytes.map { $0 / 1024 }
    )
    (attachments, creatorPID) = (segment.attachments, segment.creatorPID)
    (creatorUID, ownerUID) = (segment.creatorUID, segment.ownerUID)
    (locked, orphaned) = (segment.isLocked, segment.isOrphaned)
  }
}

private struct SwapAnswer: Encodable {
  var totalKB, freeKB, cachedKB: UInt64?

  private enum CodingKeys: String, CodingKey {
    case totalKB = "total_kb"
    case freeKB = "free_kb"
    case cachedKB = "cached_kb"
  }

  init(_ memory: MemoryInfo) {
    (totalKB, freeKB, cachedKB) = (memory.swapTotalKB, memory.swapFreeKB, memory.swapCachedKB)
  }
}

private struct FreesAnswer: Encodable {
  var releases: Releases
  var victim: MemoryReport.Victim?

  private struct VictimAnswer: Encodable {
    var pid: Int32
    var comm: String
  }

  /// How sure each figure is.
  private struct Certainties: Encodable {
    var caches, slab, swapOut: String?

    private enum CodingKeys: String, CodingKey {
      case caches, slab
      case swapOut = "swap_out"
    }
  }

  private enum CodingKeys: String, CodingKey {
    case caches = "caches_kb"
    case slab = "slab_kb"
    case cachesAndSlab = "caches_and_slab_kb"
    case syncedCaches = "caches_after_sync_kb"
    case syncedCachesAndSlab = "caches_and_slab_after_sync_kb"
    case swapOut = "swap_out_kb"
    case nextVictimKB = "next_victim_kb"
    case nextVictim = "next_victim"
    case orphanedSegments = "orphaned_segments_kb"
    case certainty
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(releases.caches?.kb, forKey: .caches)
    try container.encodeIfPresent(releases.slab?.kb, forKey: .slab)
    try container.encodeIfPresent(releases.cachesAndSlab?.kb, forKey: .cachesAndSlab)
    try container.encodeIfPresent(releases.syncedCaches?.kb, forKey: .syncedCaches)
    try container.encodeIfPresent(releases.syncedCachesAndSlab?.kb, forKey: .syncedCachesAndSlab)
    try container.encodeIfPresent(releases.swapOut?.kb, forKey: .swapOut)
    try container.encodeIfPresent(victim?.freedKB, forKey: .nextVictimKB)
    try container.encodeIfPresent(
      victim.map { VictimAnswer(pid: $0.pid, comm: $0.comm) }, forKey: .nextVictim)
    try container.encodeIfPresent(releases.orphanedSegments?.kb, forKey: .orphanedSegments)
    try container.encode(
      Certainties(
        caches: releases.caches?.certainty.rawValue, slab: releases.slab?.certainty.rawValue,
        swapOut: releases.swapOut?.certainty.rawValue), forKey: .certainty)
  }
}

private struct ActivityAnswer: Encodable {
  var milliseconds: Int64
  var kswapdAwake, directReclaim: Bool?
  var kswapdScanned, kswapdFreed, directScanned, directFreed, stalls, swappedIn, swappedOut: UInt64?

  private enum CodingKeys: String, CodingKey {
    case milliseconds
    case kswapdAwake = "kswapd_awake"
    case directReclaim = "direct_reclaim"
    case kswapdScanned = "kswapd_scanned_pages"
    case kswapdFreed = "kswapd_freed_pages"
    case directScanned = "direct_scanned_pages"
    case directFreed = "direct_freed_pages"
    case stalls = "allocation_stalls"
    case swappedIn = "swapped_in_pages"
    case swappedOut = "swapped_out_pages"
  }

  init(_ activity: ReclaimActivity) {
    milliseconds = activity.interval.microseconds / 1000
    (kswapdAwake, directReclaim) = (activity.isKswapdAwake, activity.isDirect)
    (kswapdScanned, kswapdFreed) = (activity.kswapdScans, activity.kswapdSteals)
    (directScanned, directFreed) = (activity.directScans, activity.directSteals)
    (stalls, swappedIn, swappedOut) = (activity.stalls, activity.swapIns, activity.swapOuts)
  }
}
