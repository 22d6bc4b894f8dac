internal import GuardCore
internal import GuardLinux

/// Finds out where a victim was and whose limit it met, where the kernel's own words do not tell: it leaves out all
/// but the `Killed process` line of most kills in a storm, and before Linux 5.0 it names a cgroup only sometimes.
///
/// Asked in this order: the line itself, the victim while it is still there, what it held a promise as, and the
/// cgroup's counters, where only one of them can mean it.
final class KillScene {
  /// What is known of one victim beyond the kernel's words.
  struct Place {
    /// As the kernel names it in a report.
    var cgroup: CgroupPath?
    /// In the hierarchy in which units lie; differs from ``cgroup`` on v1 alone.
    var home: CgroupPath?
    var constraint: OOMKill.Constraint?
    var limit: [UInt8]?
    var entry: Ledger.Entry?
  }

  private let proc: ProcDirectory?
  private let memory: MemoryCgroups?
  private let version: CgroupVersion?
  private var kills: CgroupKills
  /// Kills whose cgroup nobody could tell: they stand in some counter.
  private var unplaced = 0
  private var latestLimit: (OOMKill.Constraint?, [UInt8]?)
  private let ticksPerSecond = Machine.ticksPerSecond

  init(in root: RootDirectory, _ version: CgroupVersion?) {
    proc = try? ProcDirectory(in: root)
    self.version = version
    if let memory = try? MemoryCgroups(in: root) {
      kills = CgroupKills(isHierarchical: memory.isHierarchical)
      self.memory = consume memory
    } else {
      kills = CgroupKills(isHierarchical: true)
      memory = nil
    }
  }

  private(set) var hasBegun = false

  /// Kills until now are in the counters, and those from now on are entered. Of kills from before, the counters tell
  /// nothing.
  func begin() {
    hasBegun = true
    adopt()
  }

  /// - Returns: `nil` where the kernel tells of no change.
  func watch() -> MemoryEventsWatch? { memory?.watch() }

  /// The outermost cgroups, whose counters rise with every kill.
  var outermost: [[UInt8]] { memory?.children(of: CgroupPath.root.bytes) ?? [] }

  // MARK: one victim

  /// - Parameter age: how long ago it was killed.
  func place(of kill: OOMKill, age: Duration, ledger: Ledger) -> Place {
    let victim = kill.victim
    var place = Place(
      cgroup: victim.cgroup.map { CgroupPath($0) }, constraint: kill.constraint, limit: kill.limitCgroup)
    place.entry = entry(of: victim.pid, victim, in: ledger)
    if place.entry == nil || place.cgroup?.unitPath == nil, let seen = sight(of: victim, age: age) {
      place.cgroup = place.cgroup ?? seen.cgroup.map { CgroupPath($0) }
      place.home = seen.home
      // The line may name a thread of the process.
      if place.entry == nil { place.entry = ledger.entry(of: seen.process) }
    }
    place.home = place.home ?? place.entry?.cgroup ?? place.cgroup
    // On v2 there is but one hierarchy. A group's tasks were in its cgroup or below.
    let home = version == .v2 ? place.home : nil
    place.cgroup = place.cgroup ?? home ?? kill.groupCgroup.map { CgroupPath($0) }
    place.home = place.home ?? place.cgroup
    settleLimit(of: kill, &place)
    return place
  }

  /// The same once the counters have told where it was.
  func settle(_ place: inout Place, of kill: OOMKill, in cgroup: CgroupPath) {
    (place.cgroup, place.home) = (cgroup, place.home ?? cgroup)
    settleLimit(of: kill, &place)
  }

  private func settleLimit(of kill: OOMKill, _ place: inout Place) {
    // Killed along with the one before it: under one lock, so that no other kill comes between.
    if kill.groupCgroup != nil, place.limit == nil { (place.constraint, place.limit) = latestLimit }
    // The words of the kill line alone tell a memory cgroup's limit from the others.
    if kill.limitKind == .memcg {
      place.constraint = place.constraint ?? .memcg
      if place.limit == nil, let cgroup = place.cgroup { place.limit = onlyLimit(of: cgroup) }
    }
    latestLimit = (place.constraint, place.limit)
  }

  /// The promise a victim held. A survey that saw the process gone has taken it off the ledger a moment ago.
  private func entry(of pid: Int32, _ victim: OOMKill.Victim, in ledger: Ledger) -> Ledger.Entry? {
    guard let entry = ledger.entry(of: pid) else { return nil }
    // The pid alone could be another's by now, and a name can be changed: one of the two other marks must fit.
    let isNamed = victim.comm.map { Comm($0) == entry.comm } ?? true
    return isNamed || victim.cgroup.map { entry.cgroup?.bytes == $0 } ?? false ? entry : nil
  }

  private struct Sight {
    var process: Int32
    var cgroup: [UInt8]?
    var home: CgroupPath?
  }

  /// The victim itself, which takes a moment to end. Whoever has its pid and name and is older than the kill is it.
  private func sight(of victim: OOMKill.Victim, age: Duration) -> Sight? {
    guard let process = try? proc?.process(victim.pid), let stat = try? process.stat(),
      stat.comm == victim.comm, let text = try? process.read("cgroup")
    else { return nil }
    let born = Duration.milliseconds(1000 * Int64(clamping: stat.startTicks) / Int64(ticksPerSecond))
    guard born <= Clock.boot() - age else { return nil }
    let leader = (try? process.read("status")).flatMap { ProcessStatus($0).threadGroupID }
    let home = version?.path(in: text).flatMap { $0.bytes.count > 1 ? $0 : nil }
    return Sight(process: leader ?? victim.pid, cgroup: memory?.path(in: text) ?? nil, home: home)
  }

  // MARK: the counters

  /// A kill whose place is known; of one that was printed twice, twice.
  func enter(_ cgroup: CgroupPath) {
    kills.enter(cgroup.bytes, id: memory?.counter(of: cgroup.bytes)?.id)
    // A container is made anew after each kill, under another name.
    if kills.isCrowded { kills.dropGone { memory?.counter(of: $0) ?? nil } }
  }

  /// The cgroup of so many kills of which nothing else is known: each one's, where the counters leave no doubt.
  ///
  /// - Parameter isEach: whether any of these kills may be any of those that the counters show, as nothing tells
  ///   them apart.
  func placesByCounters(of count: Int, isEach: Bool) -> [CgroupPath?] {
    let found = kills.surplus(
      counter: { memory?.counter(of: $0) ?? nil }, children: { memory?.children(of: $0) ?? [] })
    var places: [CgroupPath?] = []
    if found.count == 1, let only = found.first {
      let room = Int(clamping: only.kills)
      places = Array(repeating: CgroupPath(only.path), count: min(count, room))
    } else if isEach, found.reduce(0, { $0 &+ $1.kills }) == UInt64(count) {
      places = found.flatMap { Array(repeating: CgroupPath($0.path), count: Int(clamping: $0.kills)) }
    }
    for case let path? in places { enter(path) }
    unplaced += count - places.count
    return places + Array(repeating: nil, count: count - places.count)
  }

  /// The kernel's count is accounted for: what the counters show now is known, wherever it was.
  func settle() {
    if unplaced > 0 { adopt() }
  }

  private func adopt() {
    unplaced = 0
    kills.adopt(counter: { memory?.counter(of: $0) ?? nil }, children: { memory?.children(of: $0) ?? [] })
  }

  /// Whose limit a process of `cgroup` met, if there is only one it can have been.
  func onlyLimit(of cgroup: CgroupPath) -> [UInt8]? { memory?.onlyLimit(atOrAbove: cgroup.bytes) ?? nil }
}
