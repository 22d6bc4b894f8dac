internal import GuardCore
internal import GuardStatus
internal import GuardSystemd

extension JournalEntry {
  /// A level of the machine or of a unit, and what is known of what comes next.
  static func pressure(
    _ change: PressureWatch.Change, source: StatusDocument.Pressure.Source?,
    exhaustedInSeconds: Int? = nil, fastest: StatusDocument.Pressure.Fastest? = nil
  ) -> JournalEntry {
    let unit = change.unit?.unit
    let some = change.pressure.map { Percent(hundredths: $0.some.avg10) }
    let full = change.pressure?.full.map { Percent(hundredths: $0.avg10) }
    let available = change.available.map { Percent(hundredths: $0) }
    let place = unit.map { " in \($0.printable)" } ?? ""
    var parts = [
      change.level == .calm
        ? "memory pressure\(place) is over" : "memory pressure\(place): \(change.level.rawValue)"
    ]
    if change.level != .calm, let some { parts.append("some tasks waited \(some) % of the last 10 s") }
    if let available {
      parts.append(unit == nil ? "\(available) % of memory is available" : "\(available) % is left to it")
    }
    if let exhaustedInSeconds { parts.append("at this rate it is exhausted in \(exhaustedInSeconds) s") }
    if let fastest {
      let unit = fastest.unit.map { " of \($0)" } ?? ""
      parts.append(
        "\(fastest.comm) (\(fastest.pid))\(unit) grows fastest, by \(fastest.kbPerSecond) KiB a second")
    }
    var entry = JournalEntry(
      .pressure, change.level == .calm ? .notice : .warning, parts.joined(separator: "; "))
    entry.add("OOMGUARD_LEVEL", change.level.rawValue)
    entry.add("OOMGUARD_UNIT", bytes: unit)
    entry.add("OOMGUARD_CGROUP", bytes: change.unit?.bytes)
    entry.add("OOMGUARD_SOME_AVG10", some.map { "\($0)" })
    entry.add("OOMGUARD_FULL_AVG10", full.map { "\($0)" })
    entry.add("OOMGUARD_AVAILABLE_PERCENT", available.map { "\($0)" })
    // Units have triggers or nothing.
    entry.add("OOMGUARD_SOURCE", (unit == nil ? source : .psi)?.rawValue)
    entry.add("OOMGUARD_EXHAUSTED_IN_SECONDS", exhaustedInSeconds.map { "\($0)" })
    entry.add("OOMGUARD_FASTEST_PID", fastest.map { "\($0.pid)" })
    entry.add("OOMGUARD_FASTEST_COMM", fastest?.comm)
    entry.add("OOMGUARD_FASTEST_UNIT", fastest?.unit)
    entry.add("OOMGUARD_FASTEST_KB_PER_SECOND", fastest.map { "\($0.kbPerSecond)" })
    entry.add("OBJECT_SYSTEMD_UNIT", bytes: unit)
    return entry
  }
}
