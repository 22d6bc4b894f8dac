internal import GuardCore
internal import GuardLinux
internal import GuardStatus

extension Daemon {
  /// The document as it is now. `lostRecords` is of the kernel log.
  func status(lostRecords: UInt64) -> StatusDocument {
    var document = StatusDocument(
      pid: OwnProcess.pid, startTicks: OwnProcess.startTicks, since: Timestamp(started),
      writtenAt: Timestamp(Clock.wall()), reconcileSeconds: Int(config.reconcileInterval.components.seconds),
      state: isStopping ? .stopping : degradations.list.isEmpty ? .running : .degraded,
      dryRun: options.isDryRun,
      config: .init(files: config.files, loadedAt: Timestamp(configLoaded), error: configError),
      degraded: degradations.list.map { .init(what: $0.name.rawValue, why: $0.why) },
      rules: zip(keeper.rules.rules, keeper.rules.scores).map { describe($0, score: $1) },
      pressure: pressureStatus,
      kills: .init(
        total: history.total, protected: history.protected, lostRecords: lostRecords,
        unlogged: history.unlogged, constraints: .init(history.tally),
        vmstatOOMKill: root.oomKillCount),
      counters: counters)
    document.kills.kept = history.last
    return document
  }

  private func describe(_ rule: Rule, score: OOMScoreAdj) -> StatusDocument.Rule {
    let matched = keeper.ledger.entries.values.filter {
      $0.rule == rule.name && !departed.contains($0.process.pid)
    }
    // Pids are sorted, and not entries: those are large.
    let order = matched.map { ($0.state == .held ? 1 : 0, $0.process.pid) }.sorted(by: <)
    let listed = order.prefix(StatusDocument.maximumProcessesPerRule)
      .compactMap { keeper.ledger.entries[$0.1] }
    let warnings =
      config.warnings.filter { $0.rule == rule.name }.map(\.message)
      + (dangers.found[rule.name] ?? []).map(\.description)
      + (matched.isEmpty ? ["it matches no process"] : [])
    return StatusDocument.Rule(
      name: rule.name, kind: rule.kind == .protect ? .protect : .sacrifice, score: score.value,
      scope: rule.scope.map { $0 == .main ? .main : .all }, matched: matched.count,
      warning: warnings.isEmpty ? nil : warnings.joined(separator: "; "),
      processes: listed.map { entry in
        StatusDocument.Process(
          pid: entry.process.pid, comm: entry.comm.printable, unit: entry.cgroup?.unit?.printable,
          cgroup: entry.cgroup?.description, score: entry.score.value, base: entry.base.value,
          state: entry.state.told, error: entry.error)
      })
  }
}

extension Ledger.Entry.State {
  fileprivate var told: StatusDocument.Process.State {
    switch self {
    case .held: .held
    case .drifted: .drifted
    case .yielded: .yielded
    case .refused: .refused
    case .pending: .pending
    }
  }
}

extension StatusDocument {
  /// Streams the document, so that its text is never whole in memory.
  func write(to file: NewFile) throws(SystemCallError) {
    do throws(JSONWriterError) {
      try JSONWriter.write(self, to: { try file.write($0) })
    } catch {
      // The document holds no value that JSON cannot say: what is left is the file.
      if case .sink(let error) = error, let failure = error as? SystemCallError { throw failure }
    }
  }
}
