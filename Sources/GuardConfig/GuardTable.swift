import GuardCore

/// `[guard]`.
enum GuardTable {
  static let keys = ["reconcile_interval", "restore_on_stop", "conflict_limit", "log_level"]

  static func read(_ entries: [TOMLEntry], into config: inout Config, _ findings: inout Findings) {
    for entry in entries {
      switch entry.key {
      case "reconcile_interval":
        let range = Duration.seconds(1)...Duration.seconds(3600)
        config.reconcileInterval = findings.duration(entry, in: range) ?? config.reconcileInterval
      case "restore_on_stop": config.restoreOnStop = findings.boolean(entry) ?? config.restoreOnStop
      case "conflict_limit":
        config.conflictLimit = findings.integer(entry, in: 1...1000) ?? config.conflictLimit
      default: config.logLevel = findings.choice(entry) ?? config.logLevel
      }
    }
  }
}
