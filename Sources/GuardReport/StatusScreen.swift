package import GuardStatus

/// `oomguardctl status` for people: whether it runs, what is wrong, what is protected, what was killed.
package struct StatusScreen: Sendable {
  package enum Detail: Sendable {
    /// A line for each rule and the latest kills.
    case brief
    /// Processes, all kills, counters.
    case verbose
  }

  private static let briefKills = 5
  private static let problemsPerRule = 3

  private let reading: StatusReading
  private let now: Timestamp
  private let detail: Detail
  private let appearance: Appearance

  /// - Parameter now: the wall clock, for ages.
  package init(_ reading: StatusReading, at now: Timestamp, detail: Detail, in appearance: Appearance) {
    (self.reading, self.now, self.detail, self.appearance) = (reading, now, detail, appearance)
  }

  /// The whole screen. Without a document there is nothing to show; the problem says why.
  package func lines() -> [String] {
    guard let document = reading.document else { return [] }
    var sections = [headline(document), problems(document), rules(document)]
    if detail == .verbose { sections += document.rules.map { processes(of: $0) } }
    sections += [pressure(document.pressure) + kills(document.kills)]
    if detail == .verbose { sections += [counters(document.counters), configuration(document.config)] }
    return Array(sections.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  /// One rule and its processes; `nil` if there is none of that name.
  package func lines(rule name: String) -> [String]? {
    guard let document = reading.document, let rule = document.rules.first(where: { $0.name == name }) else {
      return nil
    }
    let sections = [
      headline(document), problems(of: rule) + warning(rule), table(of: [rule]), processes(of: rule),
    ]
    return Array(sections.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  // MARK: Sections

  private func headline(_ document: StatusDocument) -> [String] {
    let program = "pid \(document.pid), version \(safe(document.version))"
    let since = "\(document.since.absoluteText) (\(now.duration(since: document.since).text))"
    switch reading.daemon {
    case .running:
      let isDegraded = document.state == .degraded
      let state = appearance.paint(
        isDegraded ? "running, but degraded," : "running", isDegraded ? .caution : .good)
      let dry = document.dryRun ? ["Dry run: it only says what it would write."] : []
      return ["oomguard is \(state) since \(since), \(program)"] + dry.map { appearance.paint($0, .caution) }
    case .stuck:
      return [
        "oomguard is \(appearance.paint("stuck", .bad)): last sign of life \(moment(document.writtenAt)); "
          + "running since \(since), \(program)"
      ]
    case .stopped, .notInstalled, nil:
      return [
        "oomguard is \(appearance.paint("not running", .bad)); what follows is of "
          + "\(moment(document.writtenAt)), \(program)"
      ]
    }
  }

  /// What an administrator has to know before anything else, the worst first.
  private func problems(_ document: StatusDocument) -> [String] {
    var lines: [String] = []
    if let error = document.config.error {
      lines.append(
        problem("config: \(error) (that of \(document.config.loadedAt.absoluteText) is in force)", .bad))
    }
    lines += document.rules.flatMap(broken)
    lines += document.degraded.map { problem("\($0.what): \($0.why)", .caution) }
    lines += document.rules.flatMap(warning)
    return lines
  }

  /// The processes for which the rule's promise does not hold; many of them share one reason, so some do.
  private func broken(_ rule: StatusDocument.Rule) -> [String] {
    let all = problems(of: rule)
    let shown = all.prefix(Self.problemsPerRule)
    guard shown.count < all.count else { return all }
    return shown + [
      problem("\(rule.name): \(all.count - shown.count) more; see: oomguardctl status \(rule.name)", .caution)
    ]
  }

  private func problems(of rule: StatusDocument.Rule) -> [String] {
    rule.processes.compactMap { process in
      let reason =
        switch process.state {
        case .held, .pending: nil as String?
        case .refused: process.error ?? "the kernel refused"
        case .drifted: "its score is \(process.score.map { "\($0)" } ?? "not known"), not \(rule.score)"
        case .yielded: process.error ?? "another program keeps setting its score"
        }
      guard let reason else { return nil }
      let unit = process.unit.map { " of \($0)" } ?? ""
      return problem(
        "\(rule.name): pid \(process.pid) '\(process.comm)'\(unit) is \(process.state.rawValue): \(reason)",
        process.state == .refused ? .bad : .caution)
    }
  }

  private func warning(_ rule: StatusDocument.Rule) -> [String] {
    rule.warning.map { [problem("\(rule.name): \($0)", .caution)] } ?? []
  }

  private func problem(_ text: String, _ colour: Colour) -> String {
    "\(appearance.paint("!", colour)) \(safe(text))"
  }

  private func rules(_ document: StatusDocument) -> [String] {
    document.rules.isEmpty ? ["No rules: nothing is protected."] : table(of: document.rules)
  }

  private func table(of rules: [StatusDocument.Rule]) -> [String] {
    var table = Table([
      .init("RULE", canShrink: true), .init("KIND"), .init("SCORE", isRightAligned: true), .init("SCOPE"),
      .init("MATCHED", isRightAligned: true), .init("STATE", canShrink: true),
    ])
    table.rows = rules.map { rule in
      let (state, colour) = summary(of: rule)
      return [
        .init(rule.name), .init(rule.kind.rawValue), .init("\(rule.score)"),
        .init(rule.scope?.rawValue ?? "-"),
        .init("\(rule.matched)"), .init(state, colour),
      ]
    }
    return table.lines(in: appearance)
  }

  /// `3 held, 1 refused`.
  private func summary(of rule: StatusDocument.Rule) -> (String, Colour?) {
    if rule.matched == 0 { return ("no process", nil) }
    var counts: [StatusDocument.Process.State: Int] = [:]
    for process in rule.processes { counts[process.state, default: 0] += 1 }
    // Those not held are listed first: once a held one is listed, all that are not listed are held too.
    var unlisted = max(0, rule.matched - rule.processes.count)
    if let held = counts[.held] {
      counts[.held] = held + unlisted
      unlisted = 0
    }
    let words = StatusDocument.Process.State.allCases.compactMap { state in
      counts[state].map { "\($0) \(state.rawValue)" }
    }
    let text = (words + (unlisted > 0 ? ["\(unlisted) not listed"] : [])).joined(separator: ", ")
    let colour: Colour? =
      if counts[.refused] != nil { .bad } else if counts[.drifted] != nil || counts[.yielded] != nil {
        .caution
      } else {
        nil
      }
    return (text, colour)
  }

  private func processes(of rule: StatusDocument.Rule) -> [String] {
    guard !rule.processes.isEmpty else { return [] }
    var table = Table([
      .init("PID", isRightAligned: true), .init("COMM", canShrink: true), .init("UNIT", canShrink: true),
      .init("SCORE", isRightAligned: true), .init("BASE", isRightAligned: true), .init("STATE"),
    ])
    table.rows = rule.processes.map { process in
      [
        .init("\(process.pid)"), .init(process.comm), .init(process.unit ?? "-"),
        .init(process.score.map { "\($0)" } ?? "-"), .init(process.base.map { "\($0)" } ?? "-"),
        .init(process.state.rawValue, process.state.colour),
      ]
    }
    let more = rule.matched - rule.processes.count
    let rest = more > 0 ? ["  and \(more) more"] : []
    return ["\(safe(rule.name)):"] + table.lines(in: appearance, indent: 2) + rest
  }

  private func pressure(_ pressure: StatusDocument.Pressure) -> [String] {
    let colour: Colour? =
      switch pressure.level {
      case .calm, .unknown: nil
      case .warning: .caution
      case .critical: .bad
      }
    var text = "Pressure: \(appearance.paint(pressure.level.rawValue, colour))"
    if let since = pressure.since { text += " since \(moment(since))" }
    var now: [String] = []
    if let some = pressure.someAvg10 {
      let full = pressure.fullAvg10.map { ", all of them for \($0) %" } ?? ""
      now.append("tasks stalled for \(some) %\(full) of the last 10 s")
    }
    if let available = pressure.availablePercent { now.append("\(available) % of memory available") }
    var trend: [String] = []
    if let seconds = pressure.exhaustedInSeconds {
      trend.append("exhausted in \(Duration.seconds(seconds).text) if it goes on")
    }
    if let fastest = pressure.fastest, fastest.kbPerSecond > 0 {
      let unit = fastest.unit.map { " of \(safe($0))" } ?? ""
      trend.append(
        "fastest: pid \(fastest.pid) '\(safe(fastest.comm))'\(unit), \(UInt64(fastest.kbPerSecond).kibibytesText)/s"
      )
    }
    let units = pressure.units.filter { $0.level != .calm }.map {
      "\(safe($0.unit)): \($0.level.rawValue) since \(moment($0.since))"
    }
    let details = [now, trend].filter { !$0.isEmpty }.map { $0.joined(separator: "; ") } + units
    return [text] + details.map { "  \($0)" }
  }

  private func kills(_ kills: StatusDocument.Kills) -> [String] {
    var facts = ["Kills: \(kills.total) since boot"]
    if kills.total > 0 {
      let text = "\(kills.protected) of protected processes"
      facts.append(kills.protected > 0 ? appearance.paint(text, .bad) : text)
    }
    if kills.unlogged > 0 { facts.append("\(kills.unlogged) that no log line told of") }
    if kills.lostRecords > 0 { facts.append("\(kills.lostRecords) kernel log records lost") }
    let shown = detail == .verbose ? kills.last : kills.last.suffix(Self.briefKills)
    guard !shown.isEmpty else { return [facts.joined(separator: ", ")] }
    if shown.count < kills.last.count { facts.append("the last \(shown.count):") }
    return [facts.joined(separator: ", ")]
      + KillTable(at: now, showsID: false).lines(shown, in: appearance, indent: 2)
  }

  private func counters(_ counters: StatusDocument.Counters) -> [String] {
    var table = Table([.init("COUNTER"), .init("VALUE", isRightAligned: true)])
    let values = [
      ("scores written", counters.writes), ("repairs", counters.repairs), ("conflicts", counters.conflicts),
      ("events lost and made up for", counters.overruns), ("surveys", counters.surveys),
      ("wake-ups", counters.wakeups), ("messages not sent", counters.unsent),
    ]
    table.rows = values.map { [.init($0.0), .init("\($0.1)")] }
    return table.lines(in: appearance)
  }

  private func configuration(_ config: StatusDocument.ConfigState) -> [String] {
    ["Configuration, read \(moment(config.loadedAt)):"] + config.files.map { "  \(safe($0))" }
  }

  // MARK: Words

  private func safe(_ text: String) -> String { text.shown(in: appearance) }

  private func moment(_ time: Timestamp) -> String { "\(time.absoluteText) (\(time.relativeText(at: now)))" }
}

extension StatusDocument.Process.State {
  /// Whether the promise holds, or is about to.
  var isFine: Bool { self == .held || self == .pending }

  package var colour: Colour? {
    switch self {
    case .held, .pending: nil
    case .drifted, .yielded: .caution
    case .refused: .bad
    }
  }
}

extension StatusReading {
  /// Whether a promise is broken or the configuration is, right now.
  package var hasFinding: Bool {
    guard let document else { return false }
    return document.config.error != nil
      || document.rules.contains { $0.processes.contains { !$0.state.isFine } }
  }
}
