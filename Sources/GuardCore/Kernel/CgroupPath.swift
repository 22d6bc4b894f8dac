/// A cgroup's path below the root of its hierarchy, and the systemd units it lies in.
///
/// Units are read off the path as PID 1 lays it out: slices, then one service or scope, then whatever
/// that unit made below itself. Nothing below the first service or scope names a system unit, so a
/// unit of a user's own manager or inside a container cannot pass for one of the machine's.
/// Source: systemd's documentation of the cgroup layout, CONTROL_GROUP_INTERFACE; cgroup names are
/// escaped by a leading `_` where they would clash with kernel files.
package struct CgroupPath: Hashable, Sendable {
  /// Starts with `/`; the root is `/` alone. Any bytes but NUL and, within a component, `/`.
  package let bytes: [UInt8]
  /// Slices from the outermost, then the service or scope.
  package let systemUnits: [[UInt8]]
  /// The service or scope of a user's own manager, below `user@UID.service`.
  package let userUnit: [UInt8]?

  package static let root = CgroupPath([UInt8(ascii: "/")])

  package init(_ bytes: some Sequence<UInt8>) {
    self.bytes = Array(bytes)
    var components = self.bytes.split(separator: UInt8(ascii: "/")).map { Self.unescaped($0) }[...]
    var units: [[UInt8]] = []
    while let slice = components.first, Self.isUnit(slice, [".slice"]) {
      units.append(slice)
      components = components.dropFirst()
    }
    var userUnit: [UInt8]?
    if let unit = components.popFirst(),
      Self.isUnit(unit, [".service", ".scope", ".socket", ".mount", ".swap"])
    {
      units.append(unit)
      if unit.starts(with: "user@") {
        userUnit = components.drop { Self.isUnit($0, [".slice"]) }.first
          .flatMap { Self.isUnit($0, [".service", ".scope", ".socket", ".mount", ".swap"]) ? $0 : nil }
      }
    }
    (self.systemUnits, self.userUnit) = (units, userUnit)
  }

  /// Whether it is the root or a slice, in which units lie.
  package var isSlice: Bool {
    guard let unitPath else { return bytes.count == 1 }
    return unitPath == self && Self.isUnit(systemUnits.last ?? [], [".slice"])
  }

  /// The cgroup of the innermost system unit: this one, or the one above it that the unit has made it in.
  package var unitPath: CgroupPath? {
    guard !systemUnits.isEmpty else { return nil }
    var slashes = 0
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "/") {
      slashes += 1
      if slashes > systemUnits.count { return CgroupPath(bytes[..<index]) }
    }
    return self
  }

  /// The innermost system unit, for people: the service or scope, or the slice of a bare slice.
  package var unit: [UInt8]? { systemUnits.last }

  /// `name` below this cgroup.
  package func appending(_ name: some Sequence<UInt8>) -> CgroupPath {
    CgroupPath(bytes.count == 1 ? bytes + name : bytes + [UInt8(ascii: "/")] + name)
  }

  /// The cgroup above; `nil` for the root.
  package var parent: CgroupPath? {
    guard bytes.count > 1, let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    return slash == 0 ? .root : CgroupPath(bytes[..<slash])
  }

  private static func unescaped(_ component: ArraySlice<UInt8>) -> [UInt8] {
    Array(component.first == UInt8(ascii: "_") ? component.dropFirst() : component)
  }

  private static func isUnit(_ name: [UInt8], _ suffixes: [StaticString]) -> Bool {
    suffixes.contains { suffix in
      name.count > suffix.utf8CodeUnitCount && name.suffix(suffix.utf8CodeUnitCount).starts(with: suffix)
    }
  }
}

extension CgroupPath {
  // All else follows from the bytes.
  package static func == (one: Self, other: Self) -> Bool { one.bytes == other.bytes }
  package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

extension CgroupPath: CustomStringConvertible {
  package var description: String { bytes.printable }
}
