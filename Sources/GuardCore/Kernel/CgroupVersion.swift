/// Which hierarchy a ``CgroupPath`` is read from.
package enum CgroupVersion: Sendable {
  case v2
  /// The controller-less v1 hierarchy in which systemd keeps its units on hybrid and legacy systems.
  case v1Systemd

  /// The path in the text of `/proc/<pid>/cgroup`, lines of `hierarchy:controllers:path`. See cgroups(7).
  package func path(in text: [UInt8]) -> CgroupPath? {
    let wanted: [UInt8]
    switch self {
    case .v2: wanted = Array("0::".utf8)
    case .v1Systemd: wanted = Array("name=systemd:".utf8)
    }
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let rest = self == .v2 ? line : line.drop { $0 != UInt8(ascii: ":") }.dropFirst()
      if rest.starts(with: wanted) { return CgroupPath(rest.dropFirst(wanted.count)) }
    }
    return nil
  }
}
