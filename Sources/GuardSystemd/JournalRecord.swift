package import GuardCore

/// One entry of the daemon's, as it was read back from the journal.
package struct JournalRecord: Equatable, Sendable {
  package var kind: EventKind
  /// When journald got it, in microseconds since 1970-01-01 UTC.
  package var receivedMicroseconds: UInt64
  /// The boot in which it was sent: 32 hexadecimal digits.
  package var bootID: String
  /// `OOMGUARD_…` without that prefix, MESSAGE, PRIORITY and OBJECT_SYSTEMD_UNIT with their full names. Any bytes.
  package var fields: [String: [UInt8]]

  package init(
    kind: EventKind, receivedMicroseconds: UInt64, bootID: String, fields: [String: [UInt8]] = [:]
  ) {
    (self.kind, self.receivedMicroseconds, self.bootID) = (kind, receivedMicroseconds, bootID)
    self.fields = fields
  }

  /// A field of one line, as text: what is not UTF-8 and control characters as `\xNN`.
  package subscript(_ name: String) -> String? { fields[name]?.printable }

  /// A number and nothing else.
  package func number<Number: FixedWidthInteger>(_ name: String, as type: Number.Type = Number.self)
    -> Number?
  {
    fields[name].flatMap { Number(ascii: $0) }
  }

  private static let others = ["MESSAGE", "PRIORITY", "OBJECT_SYSTEMD_UNIT"]

  /// Takes in one field of the entry, `NAME=value`; those of no concern are passed over.
  mutating func add(_ field: some Collection<UInt8>) {
    guard let mark = field.firstIndex(of: UInt8(ascii: "=")) else { return }
    let name = String(decoding: field[..<mark], as: UTF8.self)
    let value = Array(field[field.index(after: mark)...])
    if name.hasPrefix("OOMGUARD_") {
      fields[String(name.dropFirst(9))] = value
    } else if Self.others.contains(name) {
      fields[name] = value
    }
  }
}
