/// A cgroup's path below the root of its hierarchy, and the systemd units it lies in.
///
/// Units are read off the path as PID 1 lays it out: slices, then one service or scope, then whatever
/// that unit made below itself. Nothing below the first service or scope names a system unit, so a
/// unit of a user's own manager or inside a container cannot pass for one of the machine's.
/// Source: systemd's documentation of the cgroup layout, CONTROL_GROUP_INTERFACE; cgroup names are
/// escaped by a leading `_` where they would clash with kernel files.
package struct CgroupPath: Hashable, Sendable {
  /// Starts with `/`; the root is `/` alone. Any bytes but NUL and, within a component, `/`.
  ///
  /// All else is read off them when it is asked for: a machine has thousands of these, held for as long as it runs.
  package let bytes: [UInt8]

  package static let root = CgroupPath([UInt8(ascii: "/")])

  package init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  /// Slices from the outermost, then the service or scope.
  package var systemUnits: SystemUnits { SystemUnits(in: bytes[...]) }

  /// The service or scope of a user's own manager, below `user@UID.service`.
  package var userUnit: [UInt8]? {
    var units = systemUnits
    while let unit = units.next() {
      guard !unit.isSlice, unit.starts(with: "user@") else { continue }
      while let name = units.rest.popComponent() {
        if !name.isSlice { return name.isServiceOrScope ? Array(name) : nil }
      }
    }
    return nil
  }

  /// Whether it is the root or a slice, in which units lie.
  package var isSlice: Bool {
    guard let unit = innermostUnit else { return bytes.count == 1 }
    return unit.endIndex == bytes.endIndex && unit.isSlice
  }

  /// The cgroup of the innermost system unit: this one, or the one above it that the unit has made it in.
  package var unitPath: CgroupPath? {
    innermostUnit.map { $0.endIndex == bytes.endIndex ? self : CgroupPath(bytes[..<$0.endIndex]) }
  }

  /// The innermost system unit, for people: the service or scope, or the slice of a bare slice.
  package var unit: [UInt8]? { innermostUnit.map { Array($0) } }

  private var innermostUnit: ArraySlice<UInt8>? { systemUnits.reduce(nil) { _, unit in unit } }

  /// `name` below this cgroup.
  package func appending(_ name: some Collection<UInt8>) -> CgroupPath {
    var path: [UInt8] = []
    path.reserveCapacity(bytes.count + 1 + name.count)
    path += bytes
    if bytes.count > 1 { path.append(UInt8(ascii: "/")) }
    path += name
    return CgroupPath(path)
  }

  /// The cgroup above; `nil` for the root.
  package var parent: CgroupPath? {
    guard bytes.count > 1, let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    return slash == 0 ? .root : CgroupPath(bytes[..<slash])
  }
}

/// Reads the system units off a cgroup's path, see ``CgroupPath/systemUnits``.
package struct SystemUnits: Sequence, IteratorProtocol, Sendable {
  /// What lies below those that were handed out.
  fileprivate var rest: ArraySlice<UInt8>
  private var isAmongSlices = true

  fileprivate init(in path: ArraySlice<UInt8>) { rest = path }

  package mutating func next() -> ArraySlice<UInt8>? {
    guard isAmongSlices, let name = rest.popComponent() else { return nil }
    isAmongSlices = name.isSlice
    return isAmongSlices || name.isServiceOrScope ? name : nil
  }
}

extension ArraySlice<UInt8> {
  /// Takes the first component of a path, without what clears its name of the kernel's files.
  fileprivate mutating func popComponent() -> Self? {
    let slash = UInt8(ascii: "/")
    let begin = drop { $0 == slash }
    guard !begin.isEmpty else { return nil }
    let name = begin.prefix { $0 != slash }
    self = self[name.endIndex...]
    return name.first == UInt8(ascii: "_") ? name.dropFirst() : name
  }

  fileprivate var isSlice: Bool { isUnit(".slice") }

  fileprivate var isServiceOrScope: Bool {
    isUnit(".service") || isUnit(".scope") || isUnit(".socket") || isUnit(".mount") || isUnit(".swap")
  }

  private func isUnit(_ suffix: StaticString) -> Bool {
    count > suffix.utf8CodeUnitCount && ends(with: suffix)
  }
}

extension CgroupPath {
  /// In one piece: each survey looks every path up.
  package func hash(into hasher: inout Hasher) {
    unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
  }
}

extension CgroupPath: CustomStringConvertible {
  package var description: String { bytes.printable }
}
