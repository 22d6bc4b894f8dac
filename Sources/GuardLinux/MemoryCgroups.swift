internal import CLinux
internal import Glibc
package import GuardCore

/// The hierarchy in which the kernel accounts memory: v2, or v1's memory controller. Its cgroups are named as the
/// kernel prints them in an OOM report.
package struct MemoryCgroups: ~Copyable {
  private enum Version { case v1, v2 }

  private let top: OwnedDescriptor
  private let mount: String
  private let version: Version
  /// Whether a cgroup counts the kills of those below it: v2 since Linux 5.2, unless mounted with
  /// `memory_localevents`.
  package let isHierarchical: Bool

  /// - Throws: ENOENT where the kernel accounts no memory by cgroup.
  package init(in root: RootDirectory) throws(SystemCallError) {
    let base = "/sys/fs/cgroup"
    let controllers = (try? root.read("\(base)/cgroup.controllers")) ?? []
    let isV2 = controllers.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
      .contains { $0.elementsEqual("memory".utf8) }
    (version, mount) = isV2 ? (.v2, root.path(base)) : (.v1, root.path("\(base)/memory"))
    let top = try OwnedDescriptor.opening(path: mount, CLINUX_O_PATH | O_DIRECTORY)
    // The local counters came with the hierarchical ones.
    let directories = isV2 ? (try? root.names(in: base)) ?? [] : []
    isHierarchical = directories.contains { name in
      let local = Array("./".utf8) + name + Array("/memory.events.local".utf8)
      return (try? top.opening(bytes: local, CLINUX_O_PATH)) != nil
    }
    self.top = top
  }

  /// How many processes of a cgroup the OOM killer has killed; `nil` for a cgroup that is gone, v2's root, and
  /// before Linux 4.13.
  package borrowing func counter(of path: [UInt8]) -> CgroupKills.Counter? {
    guard let file = try? opening(path, version == .v2 ? "memory.events" : "memory.oom_control"),
      let about = try? file.status(), let text = try? file.readRecord(limit: 4096),
      let kills = MemoryEvents(text).oomKills
    else { return nil }
    return CgroupKills.Counter(id: about.inode, kills: kills)
  }

  /// The cgroups in one, by their paths; none in one that is gone.
  package borrowing func children(of path: [UInt8]) -> [[UInt8]] {
    guard let directory = try? opening(path, nil, O_RDONLY | O_DIRECTORY),
      let stream = try? DirectoryStream(directory)
    else { return [] }
    let prefix = path.count == 1 ? path : path + [UInt8(ascii: "/")]
    var children: [[UInt8]] = []
    try? unsafe stream.visit { name, isDirectory in
      if isDirectory { unsafe children.append(prefix + name) }
    }
    return children
  }

  /// The only cgroup, of `path` and those above it, that has a limit on memory: whoever in `path` met a memory
  /// cgroup's limit met that one.
  ///
  /// - Returns: `nil` where several have one, and where one of them is gone: it may have had one.
  package borrowing func onlyLimit(atOrAbove path: [UInt8]) -> [UInt8]? {
    var path = path
    var found: [UInt8]?
    while path.count > 1 {
      guard let isLimited = isLimited(path) else { return nil }
      if isLimited {
        if found != nil { return nil }
        found = path
      }
      path.removeSubrange((path.lastIndex(of: UInt8(ascii: "/")) ?? 0)...)
    }
    return found
  }

  private borrowing func isLimited(_ path: [UInt8]) -> Bool? {
    func text(_ name: String) -> [UInt8]? { try? opening(path, name).readRecord(limit: 64) }
    switch version {
    case .v2: return text("memory.max").map { !$0.starts(with: "max") }
    case .v1:
      // No limit is the largest number of bytes in whole pages.
      func isLimit(_ text: [UInt8]) -> Bool { UInt64(ascii: text.dropLast()).map { $0 < 1 << 62 } ?? false }
      guard let memory = text("memory.limit_in_bytes") else { return nil }
      return isLimit(memory) || text("memory.memsw.limit_in_bytes").map(isLimit) ?? false
    }
  }

  /// The cgroup in the text of a process's `/proc/<pid>/cgroup`. A process on its way out has left its v1 cgroups and
  /// shows the root, which says nothing; that its v2 cgroup is removed already is left out. See cgroups(7).
  package borrowing func path(in text: [UInt8]) -> [UInt8]? {
    let (newline, colon, comma) = (UInt8(ascii: "\n"), UInt8(ascii: ":"), UInt8(ascii: ","))
    for line in text.split(separator: newline) {
      let fields = line.split(separator: colon, maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      switch version {
      case .v2 where fields[0].equals("0") && fields[1].isEmpty:
        return Array(fields[2].ends(with: " (deleted)") ? fields[2].dropLast(10) : fields[2])
      case .v1 where fields[1].split(separator: comma).contains(where: { $0.equals("memory") }):
        return fields[2].equals("/") ? nil : Array(fields[2])
      default: continue
      }
    }
    return nil
  }

  private borrowing func opening(
    _ path: [UInt8], _ name: String?, _ flags: CInt = O_RDONLY
  ) throws(SystemCallError) -> OwnedDescriptor {
    let file = name.map { [UInt8(ascii: "/")] + Array($0.utf8) } ?? []
    return try top.opening(bytes: [UInt8(ascii: ".")] + path + file, flags)
  }

  // MARK: being told

  /// Watches the outermost cgroups' counters from now on: on a hierarchical v2 every kill raises one of them.
  ///
  /// - Returns: `nil` where the kernel tells of no change, as on v1.
  package borrowing func watch() -> MemoryEventsWatch? {
    guard version == .v2, isHierarchical else { return nil }
    return MemoryEventsWatch(below: mount)
  }
}
