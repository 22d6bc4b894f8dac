internal import GuardCore
internal import GuardStatus
internal import GuardSystemd

// What each event says to the journal: one place for the words.

extension JournalEntry {
  /// The processes that one rule was kept for in one round, or that got their base back.
  static func changed(_ changes: [ScoreChange], reason: ScoreChange.Reason, rule: String) -> JournalEntry {
    let names = changes.prefix(8).map { "\($0.comm.printable) (\($0.process.pid))" }.joined(separator: ", ")
    let more = changes.count > 8 ? " and \(changes.count - 8) more" : ""
    let scores = Set(changes.map(\.new)).sorted().map { "\($0)" }.joined(separator: ", ")
    var entry =
      switch reason {
      case .promise: JournalEntry(.protect, .info, "rule '\(rule)' gives \(names)\(more) the score \(scores)")
      case .restore:
        JournalEntry(
          .restore, .info,
          "\(names)\(more) got the base score \(scores) back; was held by "
            + (rule.isEmpty ? "an oomguardd before this one" : "rule '\(rule)'"))
      case .repair:
        JournalEntry(
          .drift, .notice,
          "score of \(names)\(more) was changed, by itself or by somebody else; rule '\(rule)' sets it to \(scores) again"
        )
      }
    entry.add("OOMGUARD_RULE", rule.isEmpty ? nil : rule)
    entry.add("OOMGUARD_SCORE", scores)
    entry.add("OOMGUARD_COUNT", "\(changes.count)")
    entry.add("OOMGUARD_PIDS", changes.prefix(64).map { "\($0.process.pid)" }.joined(separator: " "))
    if let first = changes.first, changes.count == 1 {
      entry.add(first.process, first.comm, first.cgroup, carried: first.old)
      entry.add("OOMGUARD_BASE", "\(first.base)")
    }
    return entry
  }

  static func conflict(_ held: Ledger.Entry) -> JournalEntry {
    var entry = JournalEntry(
      .conflict, .warning,
      "somebody else keeps setting the score of \(held.comm.printable) (\(held.process.pid)) to \(held.score); "
        + "rule '\(held.rule)' wanted \(held.promised) and gives way for an hour, or until a reload")
    entry.add("OOMGUARD_RULE", held.rule)
    entry.add("OOMGUARD_SCORE", "\(held.promised)")
    entry.add(held.process, held.comm, held.cgroup, carried: held.score)
    return entry
  }

  static func refused(_ change: ScoreChange, why: String) -> JournalEntry {
    var entry = JournalEntry(
      .protect, .warning,
      "rule '\(change.rule)' wants \(change.comm.printable) (\(change.process.pid)) to have score \(change.new), "
        + "but it keeps \(change.old): \(why)")
    entry.add("OOMGUARD_RULE", change.rule)
    entry.add("OOMGUARD_SCORE", "\(change.new)")
    entry.add(change.process, change.comm, change.cgroup, carried: change.old)
    entry.add("OOMGUARD_ERROR", why)
    return entry
  }

  /// The fields of one process, and the score it carried when it was looked at.
  private mutating func add(
    _ process: ProcessIdentity, _ comm: Comm, _ cgroup: CgroupPath?, carried score: OOMScoreAdj
  ) {
    add("OOMGUARD_PID", "\(process.pid)")
    add("OOMGUARD_COMM", bytes: comm.bytes)
    add("OOMGUARD_OLD_SCORE", "\(score)")
    add("OBJECT_SYSTEMD_UNIT", bytes: cgroup?.unit)
  }

  static func killed(_ kill: StatusDocument.Kill, report: [UInt8]) -> JournalEntry {
    var entry = JournalEntry(.kill, kill.protected == true ? .critical : .warning, kill.sentence)
    for (name, value) in kill.journalFields { entry.add("OOMGUARD_\(name)", value) }
    if !report.isEmpty { entry.add("OOMGUARD_REPORT", bytes: report) }
    entry.add("OBJECT_SYSTEMD_UNIT", kill.victim.unit)
    entry.add("OBJECT_SYSTEMD_USER_UNIT", kill.victim.userUnit)
    return entry
  }

  static func degraded(_ name: Degradations.Name, why: String?) -> JournalEntry {
    var entry =
      why.map { JournalEntry(.degraded, .warning, "degraded: \(name.rawValue): \($0)") }
      ?? JournalEntry(.degraded, .notice, "no longer degraded: \(name.rawValue)")
    entry.add("OOMGUARD_WHAT", name.rawValue)
    entry.add("OOMGUARD_WHY", why)
    return entry
  }

  static func lost(_ records: UInt64) -> JournalEntry {
    var entry = JournalEntry(
      .lost, .warning,
      "\(records) records of the kernel's log were overwritten before they could be read; a kill may be among them"
    )
    entry.add("OOMGUARD_LOST_RECORDS", "\(records)")
    return entry
  }

  static func config(_ priority: Priority, _ message: String) -> JournalEntry {
    JournalEntry(.config, priority, message)
  }
}
