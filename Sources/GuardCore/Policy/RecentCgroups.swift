/// Paths of cgroups met of late, so that the many processes of one cgroup hold one path and not a copy each.
package struct RecentCgroups: Sendable {
  /// Few cgroups have most of the processes that come; of the others a path is met again by chance.
  private static let capacity = 64

  private var paths = [CgroupPath?](repeating: nil, count: capacity)

  package init() {}

  /// The path met before, if it is that one.
  package mutating func shared(_ path: CgroupPath) -> CgroupPath {
    // One place for each: whatever else would belong there is forgotten.
    let place = Int(UInt(bitPattern: path.hashValue) % UInt(Self.capacity))
    if let known = paths[place], known == path { return known }
    paths[place] = path
    return path
  }
}
