/// Which hierarchy a ``CgroupPath`` is read from.
package enum CgroupVersion: Sendable {
  case v2
  /// The controller-less v1 hierarchy in which systemd keeps its units on hybrid and legacy systems.
  case v1Systemd
  /// The v1 hierarchy of the memory controller, where memory is limited on hybrid and legacy systems.
  case v1Memory

  /// The path in the text of `/proc/<pid>/cgroup`, lines of `hierarchy:controllers:path`. See cgroups(7).
  package func path(in text: [UInt8]) -> CgroupPath? { pathBytes(in: text).map { CgroupPath($0) } }

  /// The same before it is taken apart, for a comparison.
  package func pathBytes(in text: [UInt8]) -> ArraySlice<UInt8>? {
    let (newline, colon) = (UInt8(ascii: "\n"), UInt8(ascii: ":"))
    var rest = text[...]
    while !rest.isEmpty {
      let line = rest.prefix { $0 != newline }
      rest = rest[line.endIndex...].dropFirst()
      switch self {
      case .v2: if line.starts(with: "0::") { return line.dropFirst("0::".utf8.count) }
      case .v1Systemd:
        let named = line.drop { $0 != colon }.dropFirst()
        if named.starts(with: "name=systemd:") { return named.dropFirst("name=systemd:".utf8.count) }
      case .v1Memory:
        let named = line.drop { $0 != colon }.dropFirst()
        let controllers = named.prefix { $0 != colon }
        if controllers.split(separator: UInt8(ascii: ",")).contains(where: { $0.elementsEqual("memory".utf8) }
        ) {
          return named[controllers.endIndex...].dropFirst()
        }
      }
    }
    return nil
  }
}
