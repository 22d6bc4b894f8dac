/// Tells from the memory cgroups' own counters in which of them a kill happened that nothing else places.
///
/// Every kill raises `oom_kill` of the victim's cgroup, and since Linux 5.2 on v2 of each cgroup above it but the
/// root. Kills whose place is known are entered here; what a counter shows beyond them is a kill of unknown place.
package struct CgroupKills: Equatable, Sendable {
  /// One cgroup's counter now.
  package struct Counter: Equatable, Sendable {
    /// Tells it from another of the same name: a unit's cgroup is made anew at each start, and counts from 0.
    package var id: UInt64
    package var kills: UInt64

    package init(id: UInt64, kills: UInt64) { (self.id, self.kills) = (id, kills) }
  }

  /// A cgroup whose counter shows more than is known, and by how many.
  package struct Surplus: Equatable, Sendable {
    package var path: [UInt8]
    package var kills: UInt64
  }

  /// Whether a cgroup's counter holds those of the cgroups below it.
  package let isHierarchical: Bool
  /// Only cgroups with a count above 0: few, however many cgroups there are.
  private var known: [[UInt8]: Counter] = [:]
  /// Cgroups come and go: past this many, those that are gone are dropped now and then.
  private static let manyKnown = 256
  /// How many there were when that was last done.
  private var settled = 0
  /// Of a cgroup above one whose kill was entered, until its counter is looked at.
  private static let anyID: UInt64 = 0

  /// How many cgroups are remembered.
  package var knownCount: Int { known.count }

  package init(isHierarchical: Bool) { self.isHierarchical = isHierarchical }

  /// Whether far more are remembered than were there when those that are gone were last dropped.
  package var isCrowded: Bool { known.count > max(Self.manyKnown, 2 * settled) }

  /// Drops those that are gone.
  ///
  /// - Parameter counter: as in ``surplus(counter:children:)``.
  package mutating func dropGone(counter: ([UInt8]) -> Counter?) {
    known = known.filter { counter($0.key) != nil }
    settled = known.count
  }

  /// Enters a kill of a process in `path`.
  ///
  /// - Parameter id: of the cgroup that is at `path` now; `nil` if none is: then one that is made there later
  ///   counts from 0.
  package mutating func enter(_ path: [UInt8], id: UInt64?) {
    var path = path
    if let id {
      let before = known[path].flatMap { $0.id == id ? $0.kills : nil } ?? 0
      known[path] = Counter(id: id, kills: before &+ 1)
    } else {
      known[path] = nil
    }
    while isHierarchical, let slash = path.lastIndex(of: UInt8(ascii: "/")), slash > 0 {
      path.removeSubrange(slash...)
      known[path, default: Counter(id: Self.anyID, kills: 0)].kills &+= 1
    }
  }

  /// Where the counters show more kills than were entered: the deepest cgroups of which that is true.
  ///
  /// A victim was in such a cgroup, or in one below it that is gone by now.
  ///
  /// - Parameters:
  ///   - counter: of a cgroup, by its path; `nil` for one that is gone or has none, as v2's root.
  ///   - children: paths of the cgroups in it. Where counters are hierarchical, it is asked only below those
  ///     that show more than was entered.
  package mutating func surplus(
    counter: ([UInt8]) -> Counter?, children: ([UInt8]) -> [[UInt8]]
  ) -> [Surplus] {
    if isCrowded { dropGone(counter: counter) }
    var found: [Surplus] = []
    _ = search([UInt8(ascii: "/")], counter, children) { found.append($0) }
    return found
  }

  /// Takes all counters as they stand for known: the ground from which surpluses are counted.
  package mutating func adopt(counter: ([UInt8]) -> Counter?, children: ([UInt8]) -> [[UInt8]]) {
    known = [:]
    var seen: [[UInt8]: Counter] = [:]
    let noted: ([UInt8]) -> Counter? = { path in
      let now = counter(path)
      if let now, now.kills > 0 { seen[path] = now }
      return now
    }
    _ = search([UInt8(ascii: "/")], noted, children) { _ in }
    known = seen
  }

  /// - Returns: the surplus of this cgroup and those below it.
  private mutating func search(
    _ path: [UInt8], _ counter: ([UInt8]) -> Counter?, _ children: ([UInt8]) -> [[UInt8]],
    found: (Surplus) -> Void
  ) -> UInt64 {
    let now = counter(path)
    let isRoot = path.count == 1
    guard now != nil || isRoot else { return 0 }
    let own = now.map { surplus(of: path, $0) } ?? 0
    if isHierarchical, !isRoot, own == 0 { return 0 }
    var below: UInt64 = 0
    for child in children(path) { below &+= search(child, counter, children, found: found) }
    let rest = isHierarchical ? own - min(own, below) : own
    if rest > 0 { found(Surplus(path: path, kills: rest)) }
    return max(own, below)
  }

  private mutating func surplus(of path: [UInt8], _ now: Counter) -> UInt64 {
    guard let before = known[path], before.id == now.id || before.id == Self.anyID else {
      known[path] = nil
      return now.kills
    }
    known[path]?.id = now.id
    return now.kills - min(now.kills, before.kills)
  }
}
