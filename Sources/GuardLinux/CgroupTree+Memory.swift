internal import Glibc
package import GuardCore

extension CgroupTree {
  /// The cgroup's own memory limit; `nil` where it has none, or no memory controller.
  ///
  /// - Parameter swappiness: `vm.swappiness`, which is that of every v2 cgroup.
  package borrowing func memoryLimit(of cgroup: CgroupPath, swappiness: UInt64?) -> MemoryLimit? {
    switch version {
    case .v2:
      guard let bytes = number("memory.max", of: cgroup) else { return nil }
      return MemoryLimit(
        memoryKB: bytes / 1024, swapKB: number("memory.swap.max", of: cgroup).map { $0 / 1024 },
        mayUseSwap: swappiness != 0)
    case .v1Memory:
      guard let bytes = number("memory.limit_in_bytes", of: cgroup) else { return nil }
      // Memory and swap together; never less than memory alone.
      let both = number("memory.memsw.limit_in_bytes", of: cgroup)
      return MemoryLimit(
        memoryKB: bytes / 1024, swapKB: both.map { ($0 > bytes ? $0 - bytes : 0) / 1024 },
        mayUseSwap: (number("memory.swappiness", of: cgroup) ?? swappiness) != 0)
    case .v1Systemd: return nil
    }
  }

  /// `nil` for no limit: `max` on v2, on v1 the largest number of whole pages (PAGE_COUNTER_MAX).
  private borrowing func number(_ file: String, of cgroup: CgroupPath) -> UInt64? {
    guard let text = try? read(file, of: cgroup) else { return nil }
    // No page is larger than 64 KiB where memory cgroups are.
    return UInt64(ascii: text.prefix { $0 != UInt8(ascii: "\n") }).flatMap {
      $0 < UInt64(Int64.max) - 65_536 ? $0 : nil
    }
  }

  package borrowing func contains(_ cgroup: CgroupPath) -> Bool {
    (try? top.opening(bytes: [UInt8(ascii: ".")] + cgroup.bytes + Self.listName, O_RDONLY))
      != nil
  }

  /// Every process of `start` and below, and where it is.
  package borrowing func members(below start: CgroupPath = .root) throws(SystemCallError) -> CgroupMembers {
    var members = CgroupMembers()
    try walk(below: start) { members.add($1, of: $0) }
    return members
  }
}

/// Where processes are, as the cgroups list them.
package struct CgroupMembers: Sendable {
  private var cgroups: [CgroupPath] = []
  private var places: [Int32: Int] = [:]

  package init() {}

  package var pids: [Int32] { Array(places.keys) }

  package subscript(_ pid: Int32) -> CgroupPath? { places[pid].map { cgroups[$0] } }

  package mutating func add(_ pids: [Int32], of cgroup: CgroupPath) {
    for pid in pids { places[pid] = cgroups.count }
    cgroups.append(cgroup)
  }
}
