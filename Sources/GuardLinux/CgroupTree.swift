internal import CLinux
internal import Glibc
package import GuardCore

/// A cgroup hierarchy: that in which systemd keeps its units, or that in which memory is limited.
package struct CgroupTree: ~Copyable {
  let top: OwnedDescriptor
  package let version: CgroupVersion
  /// Where it is mounted, for those who need a path.
  let mount: String

  /// That of the units: v2, or v1's `name=systemd`.
  ///
  /// - Throws: ENOENT when the machine has neither.
  package init(in root: RootDirectory) throws(SystemCallError) {
    try self.init(
      in: root, unified: Self.base,
      others: [("\(Self.base)/systemd", .v1Systemd), ("\(Self.base)/unified", .v2)])
  }

  /// That of the memory controller: v2, or v1's.
  ///
  /// - Throws: ENOENT when the machine has neither.
  package init(ofMemoryIn root: RootDirectory) throws(SystemCallError) {
    try self.init(in: root, unified: Self.base, others: [("\(Self.base)/memory", .v1Memory)])
  }

  private static let base = "/sys/fs/cgroup"

  /// - Parameters:
  ///   - unified: where v2 is mounted if it has all controllers.
  ///   - others: where to look if it is not, the best first.
  private init(
    in root: RootDirectory, unified: String, others: [(String, CgroupVersion)]
  ) throws(SystemCallError) {
    let choices = try root.isThere("\(unified)/cgroup.controllers") ? [(unified, .v2)] : others
    for (path, version) in choices where try root.isThere("\(path)/cgroup.procs") {
      top = try root.open(path, CLINUX_O_PATH | O_DIRECTORY)
      (self.version, self.mount) = (version, root.path(path))
      return
    }
    throw SystemCallError(call: "open", subject: root.path("\(unified)/cgroup.controllers"), code: ENOENT)
  }

  /// One of a cgroup's files.
  ///
  /// - Throws: ENOENT for one that this cgroup, or this kernel, does not have.
  package borrowing func read(_ name: String, of cgroup: CgroupPath) throws(SystemCallError) -> [UInt8] {
    // "./a/b": opened from the top of the hierarchy, and the top itself is ".".
    try top.opening(bytes: [UInt8(ascii: ".")] + cgroup.bytes + Array("/\(name)".utf8), O_RDONLY)
      .readAll(limit: 1 << 20)
  }

  /// The v2 hierarchy alone, wherever it is mounted: systemd keeps its units there as well where its
  /// controllers are v1's (hybrid).
  ///
  /// - Throws: ENOENT where there is none.
  package init(v2In root: RootDirectory) throws(SystemCallError) {
    let base = "/sys/fs/cgroup"
    for path in [base, "\(base)/unified"] where try root.isThere("\(path)/cgroup.controllers") {
      top = try root.open(path, CLINUX_O_PATH | O_DIRECTORY)
      (version, mount) = (.v2, root.path(path))
      return
    }
    throw SystemCallError(call: "open", subject: root.path("\(base)/cgroup.controllers"), code: ENOENT)
  }

  /// Whether `path` or a cgroup above it has a memory limit of its own; `nil` where that cannot be told, as on v1.
  package borrowing func hasMemoryLimit(_ path: CgroupPath) -> Bool? {
    guard version == .v2 else { return nil }
    var name = path.bytes
    var isKnown = false
    while name.count > 1 {
      // The root has no such file.
      if let text = try? read("memory.max", of: CgroupPath(name)) {
        isKnown = true
        if !text.starts(with: "max") { return true }
      }
      name.removeSubrange((name.lastIndex(of: UInt8(ascii: "/")) ?? 0)...)
    }
    return isKnown ? false : nil
  }

  /// What a walk is to do at one cgroup.
  package struct Step: Sendable {
    /// Whether its processes are wanted.
    package var lists: Bool
    /// Whether to go on to those below it.
    package var enters: Bool

    package init(lists: Bool = true, enters: Bool = true) { (self.lists, self.enters) = (lists, enters) }
  }

  /// Comes by `start` and the cgroups below it, parents first, as far as `step` says, and hands over the processes of
  /// those that have any.
  ///
  /// Cgroups come and go while this looks: one that vanished is passed over.
  package borrowing func walk(
    below start: CgroupPath = .root, step: (CgroupPath) -> Step = { _ in Step() },
    visit: (CgroupPath, [Int32]) -> Void
  ) throws(SystemCallError) {
    var pending = [start]
    // Both used again and again: there may be thousands of cgroups.
    var name: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while let path = pending.popLast() {
      let step = step(path)
      guard step.lists || step.enters else { continue }
      do throws(SystemCallError) {
        // "./a/b": opened from the top of the hierarchy, and the top itself is ".".
        name.removeAll(keepingCapacity: true)
        name.append(UInt8(ascii: "."))
        name += path.bytes
        // Its processes first: who leaves it for a cgroup below is found there.
        let listed = step.lists ? try pids(listedBelow: name, &piece) : nil
        let about = try top.status(ofBytes: name)
        // A link, on a file system that does not tell what its entries are.
        guard about.kind == .directory else { continue }
        if let listed { visit(path, listed) }
        // A directory has a link from each one below it, beside its own two; file systems that do not count have one.
        guard step.enters, about.links != 2 else { continue }
        let stream = try DirectoryStream(top.opening(bytes: name, O_RDONLY | O_DIRECTORY))
        try unsafe stream.visit { name, isDirectory in
          if isDirectory { unsafe pending.append(path.appending(name)) }
        }
      } catch {
        // EOPNOTSUPP: a threaded cgroup, whose processes are listed by the domain above it. ENAMETOOLONG:
        // anyone with a cgroup of his own can nest it deeper than a path reaches; no unit lies there, and
        // it must not blind us to all others. ENOTDIR: a file system that does not tell what its entries are.
        let passedOver = [ENODEV, EOPNOTSUPP, ENAMETOOLONG, ENOTDIR]
        guard error.meansGone || passedOver.contains(error.code) else { throw error }
      }
    }
  }

  /// The processes of the cgroup of this name; `nil` where it has none.
  ///
  /// - Parameter piece: room for what is read at once. The kernel hands over a page at most.
  private borrowing func pids(
    listedBelow name: [UInt8], _ piece: inout [UInt8]
  ) throws(SystemCallError) -> [Int32]? {
    let list = try top.opening(bytes: name + Self.listName, O_RDONLY)
    var pids: [Int32] = []
    var reader = PIDReader()
    var isEmpty = true
    while let count = try list.read(into: &piece), count > 0 {
      isEmpty = false
      reader.read(piece[..<count], into: &pids)
    }
    reader.end(into: &pids)
    return isEmpty ? nil : pids
  }

  static let listName = Array("/cgroup.procs".utf8)
}
