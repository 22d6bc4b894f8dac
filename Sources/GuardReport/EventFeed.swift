internal import GuardCore
package import GuardLinux
package import GuardStatus
internal import GuardSystemd

/// Events as they happen: from the journal where it may be read, else from what changes in the daemon's status.
package final class EventFeed {
  private enum Source {
    case journal(JournalReader, number: CInt)
    case status(FileWatch, StatusChanges)
  }

  private let root: RootDirectory
  private let clock: () -> Timestamp
  private var source: Source
  /// Why it is not the journal.
  package private(set) var why: String?
  /// Kills that were shown; the newest last. One that is told twice is told again soon.
  private var shown: [String] = []
  private static let shownLimit = 512

  /// - Parameters:
  ///   - since: also what the journal has since then; `nil` for what is to come.
  ///   - clock: the wall clock.
  package init(
    since: Timestamp? = nil, in root: RootDirectory, clock: @escaping () -> Timestamp
  ) throws(SystemCallError) {
    (self.root, self.clock) = (root, clock)
    do throws(JournalProblem) {
      let start = since.map { JournalReader.Start.at(UInt64(clamping: $0.microsecondsSinceEpoch)) }
      let reader = try JournalReader(of: EventKind.allCases, from: start ?? .now, detail: .full, in: root)
      source = .journal(reader, number: try reader.descriptorNumber())
    } catch {
      why = "\(error)"
      source = try Self.status(in: root, at: clock())
    }
  }

  private static func status(in root: RootDirectory, at now: Timestamp) throws(SystemCallError) -> Source {
    // The watch first: what changes between the two is looked at again.
    let watch = try FileWatch(directory: RuntimeDirectory.path, in: root)
    return .status(watch, StatusChanges(since: StatusFile(in: root).reading(at: now).document))
  }

  /// Readable when ``take(atMost:)`` may have something; another one after a `take`.
  package var descriptorNumber: CInt {
    switch source {
    case .journal(_, let number): number
    case .status(let watch, _): watch.descriptorNumber
    }
  }

  /// What happened since the last call, from the journal at most `limit` events: as many of them say that there may
  /// be more.
  package func take(atMost limit: Int) throws(SystemCallError) -> [EventDocument] {
    switch source {
    case .journal(let reader, _):
      do throws(JournalProblem) {
        try reader.acknowledge()
        var events: [EventDocument] = []
        while events.count < limit, let record = try reader.next() {
          if record.kind == .kill, let id = StatusDocument.Kill(record).id, !isNew(id) { continue }
          events.append(EventDocument(record))
        }
        return events
      } catch {
        why = "\(error)"
        source = try Self.status(in: root, at: clock())
        return []
      }
    case .status(let watch, var changes):
      try watch.acknowledge()
      let now = clock()
      guard let document = StatusFile(in: root).reading(at: now).document else { return [] }
      let events = changes.take(document, at: now)
      source = .status(watch, changes)
      return events
    }
  }

  private func isNew(_ id: String) -> Bool {
    guard !shown.contains(id) else { return false }
    if shown.count == Self.shownLimit { shown.removeFirst() }
    shown.append(id)
    return true
  }
}
