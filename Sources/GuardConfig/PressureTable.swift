import GuardCore

/// `[pressure]`.
enum PressureTable {
  static let keys = ["warning", "critical", "available_below_percent", "clear_after"]

  private static let thresholdKeys = ["some_percent", "full_percent", "window"]
  // The kernel's own bounds: WINDOW_MIN_US and WINDOW_MAX_US in kernel/sched/psi.c.
  private static let windows = Duration.milliseconds(500)...Duration.seconds(10)

  static func read(_ entries: [TOMLEntry], into settings: inout PressureSettings, _ findings: inout Findings)
  {
    for entry in entries {
      switch entry.key {
      case "warning": settings.warning = threshold(entry, &findings) ?? settings.warning
      case "critical": settings.critical = threshold(entry, &findings) ?? settings.critical
      case "available_below_percent":
        settings.availableBelowPercent =
          findings.integer(entry, in: 1...100) ?? settings.availableBelowPercent
      default:
        let range = Duration.seconds(1)...Duration.seconds(3600)
        settings.clearAfter = findings.duration(entry, in: range) ?? settings.clearAfter
      }
    }
  }

  private static func threshold(
    _ entry: TOMLEntry, _ findings: inout Findings
  ) -> PressureSettings.Threshold? {
    guard case .table(let all) = entry.node.value else {
      findings.wrong(entry, write: "a table such as { some_percent = 15, window = \"2s\" }")
      return nil
    }
    let entries = findings.known(all, "in '\(entry.key)'", thresholdKeys)
    var share: (kind: PressureSettings.Threshold.Kind, percent: Int?)?
    var window: Duration? = .seconds(2)
    var position = entry.node.position
    for part in entries {
      guard part.key != "window" else {
        window = findings.duration(part, in: windows)
        position = part.node.position
        continue
      }
      if share != nil {
        findings.error(part.keyPosition, "'\(entry.key)' has 'some_percent' and 'full_percent'; keep one")
      }
      share = (part.key == "some_percent" ? .some : .full, findings.integer(part, in: 1...100))
    }
    guard let share else {
      findings.error(
        entry.node.position,
        "'\(entry.key)' has neither 'some_percent' nor 'full_percent'; write one, such as some_percent = 15")
      return nil
    }
    guard let percent = share.percent, let window else { return nil }
    return PressureSettings.Threshold(
      kind: share.kind, percent: percent, window: window, position: findings.source(position))
  }
}
