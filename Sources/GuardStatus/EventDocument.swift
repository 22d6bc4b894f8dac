package import GuardCore

/// An event as JSON, for programs: the fields of its journal entry in lower case and without their prefix.
package struct EventDocument: Equatable, Sendable {
  /// What a field of the journal, which knows text alone, is in JSON.
  package enum Value: Equatable, Sendable {
    case text(String)
    case number(Int64)
    case decimal(Double)
    case flag(Bool)
    case numbers([Int64])
  }

  package struct Field: Equatable, Sendable {
    package var name: String
    package var value: Value

    package init(name: String, value: Value) { (self.name, self.value) = (name, value) }
  }

  package var event: EventKind
  /// When it happened; when it was told, where that is all that is known.
  package var at: Timestamp
  /// For people.
  package var message: String
  package var fields: [Field]

  /// - Parameter fields: by the journal's names, without `OOMGUARD_`.
  package init(
    _ event: EventKind, at: Timestamp, message: String, fields: [(name: String, value: [UInt8])]
  ) {
    (self.event, self.at, self.message) = (event, at, message)
    self.fields = fields.map { Field(name: $0.name.lowercased(), value: Self.value($0.name, $0.value)) }
  }

  /// What a field holds is told by the end of its name, so that new ones need no entry here.
  private static func value(_ name: String, _ bytes: [UInt8]) -> Value {
    let text = bytes.printable
    func ends(_ suffixes: [String]) -> Bool { suffixes.contains { name.hasSuffix($0) } }
    if name == "PROTECTED" { return text == "yes" ? .flag(true) : text == "no" ? .flag(false) : .text(text) }
    if name == "PIDS" {
      let numbers = bytes.split(separator: UInt8(ascii: " ")).map { Int64(ascii: $0) }
      return numbers.contains(nil) ? .text(text) : .numbers(numbers.compactMap(\.self))
    }
    if ends([
      "PID", "UID", "SCORE", "_KB", "ORDER", "SEQ", "DUMPED", "COUNT", "RECORDS", "BASE", "SECONDS",
      "_SECOND", "HELD_BACK", "PRIORITY",
    ]) {
      return Int64(ascii: bytes).map { .number($0) } ?? .text(text)
    }
    if ends(["AVG10", "PERCENT"]) { return Double(text).map { .decimal($0) } ?? .text(text) }
    return .text(text)
  }
}

extension EventDocument: Encodable {
  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue _: Int) { nil }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(event.rawValue, forKey: Key(stringValue: "event"))
    try container.encode(at, forKey: Key(stringValue: "at"))
    try container.encode(message, forKey: Key(stringValue: "message"))
    for field in fields {
      let key = Key(stringValue: field.name)
      switch field.value {
      case .text(let text): try container.encode(text, forKey: key)
      case .number(let number): try container.encode(number, forKey: key)
      case .decimal(let number): try container.encode(number, forKey: key)
      case .flag(let flag): try container.encode(flag, forKey: key)
      case .numbers(let numbers): try container.encode(numbers, forKey: key)
      }
    }
  }
}
