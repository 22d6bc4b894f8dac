internal import GuardCore
package import GuardStatus
package import GuardSystemd

/// One line of `oomguardctl watch`: something that happened.
package struct WatchEvent: Equatable, Sendable {
  /// What a field of the journal is in JSON.
  package enum Value: Equatable, Sendable {
    case text(String)
    case number(Int64)
    case decimal(Double)
    case flag(Bool)
    case numbers([Int64])
    case absent
  }

  /// A journal field, in lower case without its prefix.
  package struct Field: Equatable, Sendable {
    package var name: String
    package var value: Value
  }

  /// A word of ``GuardCore/EventKind``.
  package var event: String
  /// When it happened; when the daemon told of it, where that is all that is known.
  package var at: Timestamp
  /// For people.
  package var message: String
  package var fields: [Field]

  package init(_ record: JournalRecord) {
    self.init(
      record.kind, at: record["AT"].flatMap { Timestamp($0) } ?? record.received, record["MESSAGE"] ?? "",
      record.fields)
  }

  /// A kill that only the daemon's status tells of, without the kernel's report.
  package init(_ kill: StatusDocument.Kill, seenAt now: Timestamp) {
    let fields = kill.journalFields.compactMap { name, value in value.map { (name, Array($0.utf8)) } }
    self.init(.kill, at: kill.at ?? now, kill.sentence, Dictionary(fields) { first, _ in first })
  }

  init(_ kind: EventKind, at: Timestamp, _ message: String, _ fields: [String: [UInt8]]) {
    (event, self.at, self.message) = (kind.rawValue, at, message)
    let known = Self.known(of: kind)
    // These are said already; a unit that is not the victim's is said nowhere else.
    var rest = fields.filter {
      !["EVENT", "AT", "MESSAGE", "PRIORITY", "OBJECT_SYSTEMD_UNIT", "OBJECT_SYSTEMD_USER_UNIT"].contains(
        $0.key)
    }
    if kind != .kill, let unit = fields["OBJECT_SYSTEMD_UNIT"] { rest["UNIT"] = unit }
    // Of several processes each may have got its own: `-900, -800` is a list, and no number.
    if known.contains("SCORES") { rest["SCORES"] = fields["SCORE"] }
    self.fields = known.map { Field(name: $0.lowercased(), value: Self.value($0, rest[$0])) }
    for name in rest.keys.sorted() where !known.contains(name) {
      self.fields.append(Field(name: name.lowercased(), value: Self.value(name, rest[name])))
    }
  }

  /// Fields that every event of a kind has, `null` where nobody knew. A newer daemon's others come after them.
  private static func known(of kind: EventKind) -> [String] {
    switch kind {
    case .kill:
      // Its own list, of a kill that knows nothing.
      StatusDocument.Kill(id: nil, seq: nil, at: nil, victim: .init(), source: .kernelLog).journalFields
        .map(\.name).filter { $0 != "AT" } + ["REPORT"]
    case .pressure:
      [
        "LEVEL", "UNIT", "CGROUP", "SOME_AVG10", "FULL_AVG10", "AVAILABLE_PERCENT", "SOURCE",
        "EXHAUSTED_IN_SECONDS", "FASTEST_PID", "FASTEST_COMM", "FASTEST_UNIT", "FASTEST_KB_PER_SECOND",
      ]
    case .drift, .conflict, .protect, .restore:
      ["RULE", "SCORE", "SCORES", "COUNT", "PIDS", "PID", "COMM", "UNIT", "OLD_SCORE", "BASE", "ERROR"]
    case .degraded: ["WHAT", "WHY"]
    case .lost: ["LOST_RECORDS"]
    case .config: []
    }
  }

  /// What a field holds is told by the end of its name, so that new ones need no entry here. A number that is
  /// none is absent.
  private static func value(_ name: String, _ bytes: [UInt8]?) -> Value {
    guard let bytes else { return .absent }
    // The one text of many lines keeps them.
    if name == "REPORT" {
      return .text(
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(\.printable)
          .joined(separator: "\n"))
    }
    let text = bytes.printable
    func ends(_ suffixes: [String]) -> Bool { suffixes.contains { name.hasSuffix($0) } }
    if name == "PROTECTED" { return text == "yes" ? .flag(true) : text == "no" ? .flag(false) : .absent }
    if ["PIDS", "SCORES"].contains(name) {
      return .numbers(bytes.split { $0 == 0x20 || $0 == UInt8(ascii: ",") }.compactMap { Int64(ascii: $0) })
    }
    let numbers = [
      "PID", "UID", "SCORE", "_KB", "ORDER", "SEQ", "DUMPED", "COUNT", "RECORDS", "BASE", "SECONDS",
      "PER_SECOND",
    ]
    if ends(numbers) { return Int64(ascii: bytes).map { .number($0) } ?? .absent }
    if ends(["AVG10", "PERCENT"]) { return Double(text).map { .decimal($0) } ?? .absent }
    return .text(text)
  }

  /// `2026-05-04 10:00:00 UTC  kill  the kernel killed …`: one line, whatever is in it.
  package func line(in appearance: Appearance) -> String {
    let word = event.padded(toWidth: 8)
    return "\(at.absoluteText)  \(word)  \(message)".shown(in: appearance)
  }
}

extension WatchEvent: Encodable {
  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue _: Int) { nil }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(event, forKey: Key(stringValue: "event"))
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
