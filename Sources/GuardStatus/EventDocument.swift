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
    /// Nobody knew: `null`.
    case absent
  }

  package struct Field: Equatable, Sendable {
    package var name: String
    package var value: Value

    /// - Parameter name: the journal's, without `OOMGUARD_`.
    package init(_ name: String, _ value: Value) { (self.name, self.value) = (name.lowercased(), value) }
  }

  package var event: EventKind
  /// When it happened; when it was told, where that is all that is known.
  package var at: Timestamp
  /// For people.
  package var message: String
  package var fields: [Field]

  package init(_ event: EventKind, at: Timestamp, message: String, fields: [Field]) {
    (self.event, self.at, self.message, self.fields) = (event, at, message, fields)
  }
}

extension EventDocument.Value {
  /// What a field holds is told by the end of its name, so that new ones need no entry here.
  ///
  /// - Parameter name: the journal's, without `OOMGUARD_`.
  /// - Returns: `nil` for what is not of the type that its name tells.
  package init?(_ name: String, _ bytes: [UInt8]) {
    func ends(_ suffixes: [String]) -> Bool { suffixes.contains { name.hasSuffix($0) } }
    let text = bytes.printable
    let value: Self?
    if name == "PROTECTED" {
      value = ["yes": .flag(true), "no": .flag(false)][text]
    } else if ["PIDS", "SCORES"].contains(name) {
      let words = bytes.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: ",") }
      let numbers = words.map { Int64(ascii: $0) }
      value = numbers.contains(nil) ? nil : .numbers(numbers.compactMap(\.self))
    } else if ends([
      "PID", "UID", "SCORE", "_KB", "ORDER", "SEQ", "DUMPED", "COUNT", "RECORDS", "BASE", "SECONDS",
      "_SECOND", "HELD_BACK", "PRIORITY",
    ]) {
      value = Int64(ascii: bytes).map { .number($0) }
    } else if ends(["AVG10", "PERCENT"]) {
      value = Double(text).map { .decimal($0) }
    } else if name == "REPORT" {
      // The one text of many lines keeps them.
      let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      value = .text(lines.map(\.printable).joined(separator: "\n"))
    } else {
      value = .text(text)
    }
    guard let value else { return nil }
    self = value
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
      case .absent: try container.encodeNil(forKey: key)
      }
    }
  }
}
