package import GuardCore

/// One entry of the journal. See systemd.journal-fields(7).
package struct JournalEntry: Sendable {
  /// As in syslog(3).
  package enum Priority: Int, Comparable, Sendable {
    case critical = 2
    case error, warning, notice, info, debug

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  package var kind: EventKind
  package var priority: Priority
  package var message: String
  /// Beyond MESSAGE, MESSAGE_ID, PRIORITY and OOMGUARD_EVENT. Values are bytes: the kernel's text need not be UTF-8.
  package var fields: [(name: String, value: [UInt8])] = []

  package init(_ kind: EventKind, _ priority: Priority, _ message: String) {
    (self.kind, self.priority, self.message) = (kind, priority, message)
  }

  package mutating func add(_ name: String, _ value: String?) {
    if let value { fields.append((name, Array(value.utf8))) }
  }

  package mutating func add(_ name: String, bytes value: [UInt8]?) {
    if let value { fields.append((name, value)) }
  }

  /// The message for standard error, with the prefix of sd-daemon(3) on each of its lines.
  var lines: String {
    message.split(separator: "\n", omittingEmptySubsequences: false)
      .map { "<\(priority.rawValue)>\($0)\n" }.joined()
  }

  /// The entry in systemd's native journal protocol.
  package var datagram: [UInt8] {
    var bytes: [UInt8] = []
    for (name, value) in [
      ("MESSAGE", Array(message.utf8)), ("MESSAGE_ID", Array(kind.messageID.description.utf8)),
      ("PRIORITY", Array("\(priority.rawValue)".utf8)), ("SYSLOG_IDENTIFIER", Array("oomguardd".utf8)),
      ("OOMGUARD_EVENT", Array(kind.rawValue.utf8)),
    ] + fields {
      bytes += name.utf8
      if value.contains(UInt8(ascii: "\n")) {
        // A value with newlines: its length in 64 bits, little-endian, goes before it.
        bytes.append(UInt8(ascii: "\n"))
        for shift in stride(from: 0, to: 64, by: 8) {
          bytes.append(UInt8(truncatingIfNeeded: value.count >> shift))
        }
      } else {
        bytes.append(UInt8(ascii: "="))
      }
      bytes += value
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }
}
