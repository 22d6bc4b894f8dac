internal import GuardConfig
package import GuardCore
package import GuardLinux

/// What `oomguardctl reclaim` is asked to do.
package enum ReclaimRequest: Equatable, Sendable {
  package enum Caches: String, CaseIterable, Sendable {
    case pages, slab, all

    /// What is written to drop_caches.
    var number: Int {
      switch self {
      case .pages: 1
      case .slab: 2
      case .all: 3
      }
    }
  }

  case caches(Caches, syncs: Bool)
  case cgroup(CgroupPath, bytes: UInt64)

  /// - Parameter cgroup: as /proc/PID/cgroup names it.
  package init(cgroup: String, bytes: UInt64) throws(Refusal) {
    guard let path = try LimitInQuestion.path(cgroup) else {
      throw Refusal(.usage, "the root cgroup is the machine; see --caches")
    }
    self = .cgroup(path, bytes: bytes)
  }

  /// A number of bytes, as it is or with a unit: `512MiB`.
  package static func size(_ text: String) -> UInt64? { UInt64(text) ?? UInt64(configuredSize: text) }

  package func words(_ prediction: ReclaimPrediction) -> String {
    "\(prediction.kb.kibibytesText), \(prediction.certainty.words)"
  }

  /// What it would mean, for whoever is asked whether he wants that.
  package var warning: String {
    switch self {
    case .caches(.pages, let syncs):
      "drops the whole machine's clean file cache\(syncs ? ", after writing out all that is dirty" : ""); what is used "
        + "again has to be read from disk again"
    case .caches(.slab, let syncs):
      "drops the whole machine's cached names and inodes\(syncs ? ", after writing out all that is dirty" : "")"
    case .caches(.all, let syncs):
      "drops the whole machine's clean file cache, names and inodes\(syncs ? ", after writing out all that is dirty" : ""); "
        + "what is used again has to be read from disk again"
    case .cgroup(let path, let bytes):
      "takes \((bytes / 1024).kibibytesText) from '\(path)': its cache is dropped and, where there is swap, its memory "
        + "swapped out; it will run slower until what it uses is back"
    }
  }
}

package typealias ReclaimPrediction = Releases.Release

/// What was to be expected of it, and what came.
package struct ReclaimReport: Equatable, Sendable {
  package var predictedKB: UInt64?
  package var certainty: Releases.Certainty?
  /// By how much that which was to be dropped has become less.
  package var actualKB: UInt64
  /// By how much free memory has become more meanwhile; others take and leave some of it too.
  package var freeGainedKB: Int64?
  /// `false` where a cgroup did not give all that was asked.
  package var isComplete = true
}

extension ReclaimRequest {
  /// How much it would free; `nil` where that cannot be told.
  package func prediction(in root: RootDirectory) -> ReclaimPrediction? {
    switch self {
    case .caches(let caches, let syncs):
      guard let sources = root.memorySources() else { return nil }
      let releases = Releases(MemoryLedger(sources), sources.memory, slab: root.unusedSlabKB)
      switch caches {
      case .pages: return syncs ? releases.syncedCaches : releases.caches
      case .slab: return releases.slab
      case .all: return syncs ? releases.syncedCachesAndSlab : releases.cachesAndSlab
      }
    case .cgroup(let path, let bytes):
      guard let tree = try? CgroupTree(ofMemoryIn: root), let text = try? tree.read("memory.stat", of: path)
      else {
        return nil
      }
      let stat = CgroupMemory(text)
      let reclaimable = stat.reclaimableBytes(withSwap: root.memory?.hasFreeSwap ?? false)
      return Releases.Release(kb: min(bytes, reclaimable) / 1024, bytes < reclaimable ? .about : .atMost)
    }
  }

  /// Does it.
  package func perform(in root: RootDirectory, expecting: ReclaimPrediction?) throws(Refusal) -> ReclaimReport
  {
    let before = ReclaimState(self, root)
    var isComplete = true
    switch self {
    case .caches(let caches, let syncs):
      if syncs { root.syncDisks() }
      try Refusal.wrapping("run as root, on a machine whose /proc may be written") {
        () throws(SystemCallError) in try root.dropCaches(caches.number)
      }
    case .cgroup(let path, let bytes):
      isComplete = try Refusal.wrapping(
        "memory.reclaim is there since Linux 5.19, for cgroups of version 2 with the memory controller"
      ) { () throws(SystemCallError) in try CgroupTree(ofMemoryIn: root).reclaim(bytes, from: path) }
    }
    let after = settledState(in: root)
    return ReclaimReport(
      predictedKB: expecting?.kb, certainty: expecting?.certainty, actualKB: before.heldKB.less(after.heldKB),
      freeGainedKB: before.freeKB.flatMap { old in
        after.freeKB.map { Int64(clamping: $0) - Int64(clamping: old) }
      }, isComplete: isComplete)
  }

  /// What is held once that has settled. The kernel lets go of names and inodes at once, and frees them when nobody can
  /// be looking at them any more (RCU), a moment later.
  private func settledState(in root: RootDirectory) -> ReclaimState {
    var state = ReclaimState(self, root)
    for _ in 0..<10 {
      Clock.pause(.milliseconds(200))
      let next = ReclaimState(self, root)
      guard next.heldKB < state.heldKB else { return next }
      state = next
    }
    return state
  }
}

/// What is compared before and after.
private struct ReclaimState {
  var heldKB: UInt64 = 0
  var freeKB: UInt64?

  init(_ request: ReclaimRequest, _ root: RootDirectory) {
    let memory = root.memory
    freeKB = memory?.freeKB.map {
      $0 &+ (root.zones?.processorPages ?? 0) &* UInt64(clamping: Machine.pageBytes / 1024)
    }
    let files = (memory?.fileKB ?? 0) &+ (memory?.buffersKB ?? 0)
    let slab = memory?.slabReclaimableKB ?? 0
    switch request {
    case .caches(.pages, _): heldKB = files
    case .caches(.slab, _): heldKB = slab
    case .caches(.all, _): heldKB = files &+ slab
    case .cgroup(let path, _):
      let text = (try? CgroupTree(ofMemoryIn: root).read("memory.current", of: path)) ?? []
      heldKB = (UInt64(ascii: text[...].trimmed) ?? 0) / 1024
    }
  }
}

extension ReclaimReport: Encodable {
  private enum CodingKeys: String, CodingKey {
    case predictedKB = "predicted_kb"
    case certainty
    case actualKB = "actual_kb"
    case freeGainedKB = "free_gained_kb"
    case complete
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(predictedKB, forKey: .predictedKB)
    try container.encodeIfPresent(certainty?.rawValue, forKey: .certainty)
    try container.encode(actualKB, forKey: .actualKB)
    try container.encodeIfPresent(freeGainedKB, forKey: .freeGainedKB)
    try container.encode(isComplete, forKey: .complete)
  }

  package func lines() -> [String] {
    let predicted = predictedKB.map { "\($0.kibibytesText), \(certainty?.words ?? "")" } ?? "not known"
    return [
      "predicted: \(predicted)", "came free: \(actualKB.kibibytesText)",
      freeGainedKB.map { "free memory: \($0 >= 0 ? "+" : "")\($0.kibibytesText)" },
      isComplete ? nil : "that is less than was asked; what is left cannot be reclaimed now",
    ].compactMap { $0 }
  }
}
