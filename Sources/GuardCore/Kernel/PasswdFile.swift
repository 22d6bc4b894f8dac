/// The text of `/etc/passwd`: user ids by name. Users of LDAP and the like are not in it. Source: passwd(5).
package struct PasswdFile: Equatable, Sendable {
  private var uids: [[UInt8]: UInt32] = [:]
  private var names: [UInt32: [UInt8]] = [:]

  /// Lines of another shape are skipped; of a repeated name or id the first counts, as in getpwnam(3).
  package init(_ text: [UInt8]) {
    for line in text.split(separator: UInt8(ascii: "\n")) where line.first != UInt8(ascii: "#") {
      let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard fields.count >= 4, !fields[0].isEmpty, let uid = UInt32(ascii: fields[2]) else { continue }
      let name = Array(fields[0])
      if uids[name] == nil { uids[name] = uid }
      if names[uid] == nil { names[uid] = name }
    }
  }

  package func uid(of name: some Sequence<UInt8>) -> UInt32? { uids[Array(name)] }
  package func name(of uid: UInt32) -> [UInt8]? { names[uid] }
}
