internal import GuardCore
package import GuardStatus
package import GuardSystemd

// What `oomguardctl watch` shows, a line or a document each: something that happened.
extension EventDocument {
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
    let known = Self.known(of: kind)
    // These are said already; a unit that is not the victim's is said nowhere else.
    var rest = fields.filter {
      !["EVENT", "AT", "MESSAGE", "PRIORITY", "OBJECT_SYSTEMD_UNIT", "OBJECT_SYSTEMD_USER_UNIT"].contains(
        $0.key)
    }
    if kind != .kill, let unit = fields["OBJECT_SYSTEMD_UNIT"] { rest["UNIT"] = unit }
    // Of several processes each may have got its own: `-900, -800` is a list, and no number.
    if known.contains("SCORES") { rest["SCORES"] = fields["SCORE"] }
    let names = known + rest.keys.sorted().filter { !known.contains($0) }
    self.init(
      kind, at: at, message: message,
      fields: names.map { name in
        Field(name, rest[name].flatMap { Value(name, $0) } ?? .absent)
      })
  }

  /// The names of all fields that an event of this version may have, beside `event`, `at` and `message`.
  package static let knownNames = Set(EventKind.allCases.flatMap { known(of: $0).map { $0.lowercased() } })

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

  /// `2026-05-04 10:00:00 UTC  kill  the kernel killed …`: one line, whatever is in it.
  package func line(in appearance: Appearance) -> String {
    let word = event.rawValue.padded(toWidth: 8)
    return "\(at.absoluteText)  \(word)  \(message)".shown(in: appearance)
  }
}
