internal import GuardCore
internal import GuardLinux
internal import GuardStatus
internal import GuardSystemd

/// Runs the command of `[notify]` on the events it was asked for: one run of each kind at a time.
final class Hooks {
  /// The kernel's report has up to 64 KiB, too much for an environment and for most receivers: it is in the journal.
  private static let leftOut: Set<String> = ["REPORT"]
  private static let prefix = "OOMGUARD_"

  private struct Pending {
    var entry: JournalEntry
    var at: Timestamp
  }

  private let runner: any HookRunner
  private var settings: NotifySettings?
  private var queue = HookQueue<Pending>()
  /// What went wrong and was told; a run that ends well lets it be told anew.
  private var told: Set<String> = []

  /// - Parameter usesSystemd: whether PID 1 is to run them.
  init(usesSystemd: Bool) { runner = usesSystemd ? UnitHooks() : ProcessHooks() }

  /// What waits is for the old command.
  func use(_ settings: NotifySettings?) {
    if settings != self.settings {
      queue.forgetWaiting()
      told = []
    }
    self.settings = settings
  }

  func consider(_ entry: JournalEntry, wall: Duration, at now: Duration) {
    guard let settings, settings.events.contains(entry.kind) else { return }
    if let run = queue.add(Pending(entry: entry, at: Timestamp(wall)), entry.kind) {
      start(run, settings, at: now)
    }
  }

  /// Does what is due.
  ///
  /// - Returns: what is to be told: what went wrong, once.
  func process(at now: Duration) -> [JournalEntry] {
    var warnings: [JournalEntry] = []
    for (kind, failure) in runner.process(at: now) {
      if let failure {
        if told.insert(failure).inserted, let settings {
          warnings.append(.hookFailed(settings, kind, failure))
        }
      } else {
        told = []
      }
      if let run = queue.ended(kind), let settings { start(run, settings, at: now) }
    }
    return warnings
  }

  private func start(_ run: HookQueue<Pending>.Run, _ settings: NotifySettings, at now: Duration) {
    runner.start(Self.event(run), settings, at: now)
  }

  var deadline: Duration? { runner.deadline }
  var connection: (number: Int32, generation: Int, wantsToWrite: Bool)? { runner.connection }
  func stop() { runner.stop() }

  private static func event(_ run: HookQueue<Pending>.Run) -> HookEvent {
    let entry = run.event.entry
    var fields: [(name: String, value: [UInt8])] = []
    var at = run.event.at
    for (name, value) in entry.fields {
      if name.hasPrefix(prefix) {
        let short = String(name.dropFirst(prefix.count))
        if short == "AT" { at = Timestamp(value.printable) ?? at }
        if short != "AT", !leftOut.contains(short) { fields.append((short, value)) }
      } else if name == "OBJECT_SYSTEMD_UNIT", entry.kind != .kill,
        !entry.fields.contains(where: { $0.name == "\(prefix)UNIT" })
      {
        // A kill names its unit as the victim's.
        fields.append(("UNIT", value))
      }
    }
    fields.append(("PRIORITY", Array("\(entry.priority.rawValue)".utf8)))
    fields.append(("HELD_BACK", Array("\(run.heldBack)".utf8)))
    let document = EventDocument(
      entry.kind, at: at, message: entry.message,
      fields: fields.map { .init($0.name, .init($0.name, $0.value) ?? .text($0.value.printable)) })
    let variables =
      [("EVENT", entry.kind.rawValue), ("AT", "\(at)"), ("MESSAGE", entry.message.utf8.printable)]
      + fields.map { ($0.name, $0.value.printable) }
    return HookEvent(
      kind: entry.kind, environment: variables.map { "\(prefix)\($0.0)=\($0.1)" },
      // A document of texts and numbers, none of which is infinite, can always be written.
      input: (try? JSONWriter.bytes(of: document)) ?? [])
  }
}

extension JournalEntry {
  fileprivate static func hookFailed(
    _ settings: NotifySettings, _ kind: EventKind, _ failure: String
  ) -> JournalEntry {
    var entry = JournalEntry(
      .config, .warning,
      "\(settings.position): '\(settings.command.first ?? "")', run for '\(kind.rawValue)', failed: \(failure)"
    )
    entry.add("OOMGUARD_ERROR", failure)
    return entry
  }
}
