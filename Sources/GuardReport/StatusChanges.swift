internal import GuardCore
internal import GuardLinux
internal import GuardStatus

/// Events that the status file tells by its changes: kills, the level of pressure, what the daemon does without.
struct StatusChanges {
  private var last: StatusDocument?

  /// - Parameter document: what is known already.
  init(since document: StatusDocument?) { last = document }

  /// What happened between the last document and this one.
  mutating func take(_ document: StatusDocument, at now: Timestamp) -> [EventDocument] {
    defer { last = document }
    guard let last else {
      // The first word of a daemon: only what is wrong is news.
      return document.kills.last.map { EventDocument($0, seenAt: now) }
        + document.degraded.map { missing($0, document) }
    }
    let known = Set(last.kills.last.compactMap(\.id))
    var events = document.kills.last.filter { $0.id.map { !known.contains($0) } ?? false }
      .map { EventDocument($0, seenAt: now) }
    if document.pressure.level != last.pressure.level { events.append(level(document)) }
    events += document.degraded.filter { !last.degraded.contains($0) }.map { missing($0, document) }
    events += last.degraded.filter { old in !document.degraded.contains { $0.what == old.what } }
      .map { back($0, document) }
    return events
  }

  private func level(_ document: StatusDocument) -> EventDocument {
    let pressure = document.pressure
    func text(_ percent: Percent?) -> [UInt8]? { percent.map { Array($0.description.utf8) } }
    var fields = ["LEVEL": Array(pressure.level.rawValue.utf8)]
    fields["SOME_AVG10"] = text(pressure.someAvg10)
    fields["FULL_AVG10"] = text(pressure.fullAvg10)
    fields["AVAILABLE_PERCENT"] = text(pressure.availablePercent)
    return EventDocument(
      .pressure, at: pressure.since ?? document.writtenAt, "memory pressure: \(pressure.level.rawValue)",
      fields)
  }

  private func missing(_ degradation: StatusDocument.Degradation, _ document: StatusDocument) -> EventDocument
  {
    EventDocument(
      .degraded, at: document.writtenAt, "degraded: \(degradation.what): \(degradation.why)",
      ["WHAT": Array(degradation.what.utf8), "WHY": Array(degradation.why.utf8)])
  }

  private func back(_ degradation: StatusDocument.Degradation, _ document: StatusDocument) -> EventDocument {
    EventDocument(
      .degraded, at: document.writtenAt, "no longer degraded: \(degradation.what)",
      ["WHAT": Array(degradation.what.utf8)])
  }
}
