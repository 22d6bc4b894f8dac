package import GuardCore
package import GuardLinux

/// One kind of memory made on purpose, and what was seen of it: where it is counted, what dropping caches frees of it,
/// what its process's end frees, and what stays.
package struct Experiment: Sendable {
  /// What `free` and `oomguardctl memory` say at one moment; in KiB.
  package struct Moment: Sendable {
    package var usedKB, buffCacheKB: UInt64
    package var lines: [MemoryKind: UInt64] = [:]

    /// The sum of some lines.
    func kb(_ kinds: Set<MemoryKind>) -> UInt64 { kinds.reduce(0) { $0 &+ (lines[$1] ?? 0) } }
  }

  package var kind: HeldMemory.Kind
  package var bytes: Int
  package var before, after: Moment
  /// What `drop_caches` 1, 2 and 3 freed of it, in turn; empty where that was not tried.
  package var dropped: [Int64] = []
  package var freedAtExitKB: Int64
  /// What of it was still there then; of that what `drop_caches` 3 after sync(2) freed, and what its removal: of the
  /// file, the segment, the queue.
  package var stayedKB: Int64
  package var droppedLaterKB: Int64?
  package var removedKB: Int64

  /// How a line changed when the memory was made.
  package func change(of kind: MemoryKind) -> Int64 {
    Int64(clamping: after.lines[kind] ?? 0) - Int64(clamping: before.lines[kind] ?? 0)
  }

  /// Less is not worth a figure: a twentieth of what was made.
  package var leastKB: Int64 { Int64(clamping: bytes / 1024 / 20) }

  /// The line it belongs in, and then the others that changed, the largest change first.
  package var changedLines: [MemoryKind] {
    let others = MemoryKind.allCases.filter {
      ![.free, .freePerCPU, kind.line].contains($0) && change(of: $0).magnitude >= leastKB.magnitude
    }
    return [kind.line] + others.sorted { change(of: $0).magnitude > change(of: $1).magnitude }
  }

  /// - Parameters:
  ///   - directory: for files, on a disk.
  ///   - drops: whether caches are dropped, the whole machine's.
  /// - Throws: what stands in the way, in words.
  package init(_ kind: HeldMemory.Kind, bytes: Int, in directory: String, drops: Bool) throws {
    let root = RootDirectory()
    guard let program = OwnProcess.program else { throw Problem.noProgram }
    // What is taken on purpose endangers nobody. A private file mapping is charged twice: cache and copies.
    let cgroup = try ScratchCgroup(
      named: "oomguard-experiment-\(OwnProcess.pid)", in: CgroupTree(ofMemoryIn: root))
    defer { withExtendedLifetime(cgroup) {} }
    try cgroup.limitMemory(to: bytes * 2 + (64 << 20))
    let place = try ExperimentPlace(kind, bytes: bytes, in: directory)
    (self.kind, self.bytes) = (kind, bytes)
    let pool = [.hugePages, .hugePagesIdle].contains(kind) ? root.number("/proc/sys/vm/nr_hugepages") : nil

    // Brought in by us, its code is charged to us.
    _ = try? root.read(program, limit: 1 << 28)
    let holder = try SpawnedProcess([
      program, "experiment", "--hold", kind.rawValue, "--bytes", "\(bytes)", "--directory", place.path,
    ])
    func removeWhatStays() {
      holder.finish()
      Leftovers.remove(of: holder.pid, kind, in: place.path)
      if let pool { try? root.write(pool, to: "/proc/sys/vm/nr_hugepages") }
    }
    defer { removeWhatStays() }
    try cgroup.add(holder.pid)
    try Self.have(holder, .stage)
    before = Self.moment(root)
    let chargedBefore = try cgroup.chargedKB()
    if let pool, let size = root.memory?.hugePageSizeKB, size > 0 {
      try root.write(pool + UInt64(bytes) / 1024 / size, to: "/proc/sys/vm/nr_hugepages")
    }
    try Self.have(holder, .take)
    after = Self.moment(root)
    let family = kind.family
    // What is charged to the cgroup is this memory and nobody else's; the lines are the whole machine's.
    let isCharged = try cgroup.chargedKB() >= chargedBefore + Int64(clamping: bytes / 1024) * 9 / 10
    func held() throws -> Int64 {
      try Self.settled { try isCharged ? cgroup.chargedKB() : Int64(clamping: Self.moment(root).kb(family)) }
    }
    let heldBefore = isCharged ? chargedBefore : Int64(clamping: before.kb(family))
    var last = try held()
    func freed() throws -> Int64 {
      let now = try held()
      defer { last = now }
      return last - now
    }
    for what in drops ? [1, 2, 3] : [] {
      try root.dropCaches(what)
      dropped.append(try freed())
    }
    holder.finish()
    freedAtExitKB = try freed()
    stayedKB = max(0, last - heldBefore)
    if drops {
      root.syncDisks()
      try root.dropCaches(3)
      droppedLaterKB = try freed()
    }
    removeWhatStays()
    removedKB = try freed()
  }

  /// What is left once it gets no less: the kernel frees some memory a moment after its last user is gone.
  private static func settled(_ heldKB: () throws -> Int64) rethrows -> Int64 {
    var held = try heldKB()
    for _ in 0..<20 {
      Clock.pause(.milliseconds(50))
      let now = try heldKB()
      guard now < held else { return now }
      held = now
    }
    return held
  }

  private static func moment(_ root: RootDirectory) -> Moment {
    guard let sources = root.memorySources() else { return Moment(usedKB: 0, buffCacheKB: 0) }
    let memory = sources.memory
    // As free(1) has it.
    let cache =
      (memory.buffersKB ?? 0) &+ (memory.cachedKB ?? 0) &+ (memory.slabReclaimableKB ?? 0)
    var moment = Moment(
      usedKB: memory.totalKB.less(memory.availableKB ?? memory.freeKB), buffCacheKB: cache)
    for line in MemoryLedger(sources).lines { moment.lines[line.kind, default: 0] &+= line.kb }
    return moment
  }
}

// MARK: The process that holds the memory

extension Experiment {
  private enum Problem: Error, CustomStringConvertible {
    case noProgram
    case told(String)
    case ended

    var description: String {
      switch self {
      case .noProgram: "/proc/self/exe cannot be read; /proc must be mounted"
      case .told(let text): text
      case .ended: "the process that was to hold it has ended; was it killed? see: oomguardctl kills"
      }
    }
  }

  /// A line it is told, which it answers with the same when it is done.
  private enum Step: String { case stage, take }

  private static func have(_ holder: SpawnedProcess, _ step: Step) throws {
    try holder.write("\(step.rawValue)\n")
    guard let answer = try holder.line() else { throw Problem.ended }
    guard answer == step.rawValue else { throw Problem.told(answer) }
  }

  /// What that process does, until its input ends.
  package static func hold(_ kind: HeldMemory.Kind, bytes: Int, in directory: String) throws {
    var memory = HeldMemory(kind, bytes: bytes, in: directory)
    let input = try TextInput(nil)
    while let line = try input.next() {
      do throws(SystemCallError) {
        switch Step(rawValue: String(decoding: line.dropLast(), as: UTF8.self)) {
        case .stage: try memory.stage()
        case .take: try memory.take()
        case nil: continue
        }
        try StandardStream.output.write(line)
      } catch {
        try StandardStream.output.write("\(error)\n".utf8)
      }
    }
  }
}

/// Where an experiment keeps its files; for tmpfs a mount of its own, gone with this.
private final class ExperimentPlace {
  let path: String
  private let isMounted: Bool

  init(_ kind: HeldMemory.Kind, bytes: Int, in directory: String) throws(SystemCallError) {
    path = try ScratchDirectory.make(in: directory)
    isMounted = kind == .tmpfs
    if isMounted { try HeldMemory.mountTmpfs(at: path, bytes: bytes) }
  }

  deinit {
    if isMounted { HeldMemory.unmount(path) }
    ScratchDirectory.remove(path)
  }
}

extension Experiment: Encodable {
  private enum CodingKeys: String, CodingKey {
    case kind, line
    case madeKB = "made_kb"
    case usedKB = "used_kb"
    case buffCacheKB = "buff_cache_kb"
    case lines
    case dropped = "dropped_kb"
    case freedAtExitKB = "freed_at_exit_kb"
    case stayedKB = "stayed_kb"
    case droppedLaterKB = "dropped_later_kb"
    case removedKB = "removed_kb"
  }

  private struct Pair: Encodable { var before, after: UInt64 }
  private struct LinePair: Encodable {
    var kind: String
    var before, after: UInt64
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind.rawValue, forKey: .kind)
    try container.encode(kind.line.rawValue, forKey: .line)
    try container.encode(bytes / 1024, forKey: .madeKB)
    try container.encode(Pair(before: before.usedKB, after: after.usedKB), forKey: .usedKB)
    try container.encode(Pair(before: before.buffCacheKB, after: after.buffCacheKB), forKey: .buffCacheKB)
    let lines = MemoryKind.allCases.compactMap { kind -> LinePair? in
      guard before.lines[kind] != nil || after.lines[kind] != nil else { return nil }
      return LinePair(kind: kind.rawValue, before: before.lines[kind] ?? 0, after: after.lines[kind] ?? 0)
    }
    try container.encode(lines, forKey: .lines)
    try container.encode(dropped, forKey: .dropped)
    try container.encode(freedAtExitKB, forKey: .freedAtExitKB)
    try container.encode(stayedKB, forKey: .stayedKB)
    try container.encodeIfPresent(droppedLaterKB, forKey: .droppedLaterKB)
    try container.encode(removedKB, forKey: .removedKB)
  }
}
