internal import GuardCore
internal import GuardStatus

/// The live screen as text: for each size of terminal just as many lines as it has rows, none wider than it is.
///
/// Where there is little room the graph goes first, then what was killed, then what is protected.
package struct LiveScreen {
  package struct Size: Equatable, Sendable {
    package var columns, rows: Int

    package init(columns: Int, rows: Int) { (self.columns, self.rows) = (columns, rows) }
  }

  private let state: LiveState
  private let view: LiveView
  private let size: Size
  private let appearance: Appearance
  private let chosen: [LiveState.Process]

  /// - Parameters:
  ///   - chosen: what ``LiveState/chosen(by:unit:)`` gives for the view.
  ///   - appearance: its width is not looked at.
  package init(
    _ state: LiveState, chosen: [LiveState.Process], _ view: LiveView, size: Size, in appearance: Appearance
  ) {
    (self.state, self.view, self.size, self.chosen) = (state, view, size, chosen)
    self.appearance = Appearance(
      width: size.columns, hasColour: appearance.hasColour, hasUnicode: appearance.hasUnicode)
  }

  package func lines() -> [String] {
    guard size.rows > 0, size.columns > 0 else { return [] }
    let layout = layout
    let gap = layout.isSpacious ? [""] : []
    var lines = [header] + problems + [pressure] + graph(layout)
    lines += gap + memory
    lines += gap + victims(layout.victims)
    if layout.protected > 0 { lines += gap + protected(layout.protected) }
    if layout.kills > 0 { lines += gap + kills(layout.kills) }
    let body = size.rows > 1 ? size.rows - 1 : 0
    lines = Array(lines.prefix(body))
    lines += Array(repeating: "", count: body - lines.count)
    return (lines + [footer]).map { $0.clipped(toWidth: size.columns) }
  }

  // MARK: How the rows are shared out

  private struct Layout {
    /// Rows of the graph, and rows of each table below its headings.
    var some = 0, full = 0
    var victims = 0, protected = 0, kills = 0
    var isSpacious = false
  }

  /// From here on there is room for empty lines.
  private static let spaciousRows = 40

  private var layout: Layout {
    var layout = Layout()
    // Header, problems, pressure, memory, the heading of the victims, footer.
    var rest = size.rows - 1 - problems.count - 1 - memory.count - 1 - 1
    if size.rows >= Self.spaciousRows {
      layout.isSpacious = true
      rest -= 4
    }
    (layout.some, layout.full) = rest >= 28 ? (6, 3) : rest >= 13 ? (2, 1) : rest >= 8 ? (1, 1) : (0, 0)
    if state.stalls == nil { (layout.some, layout.full) = (0, 0) }
    rest -= layout.some + layout.full
    // A heading and rows each, and at least a third for the victims.
    func share(_ wanted: Int) -> Int { rest < 6 ? 0 : min(max(1, wanted), max(1, rest / 4 - 1)) }
    (layout.protected, layout.kills) = (share(promises.count), share(state.kills.count))
    for rows in [layout.protected, layout.kills] where rows > 0 { rest -= rows + 1 }
    layout.victims = max(0, rest)
    return layout
  }

  // MARK: The head

  private var header: String {
    let clock =
      "\(state.now.absoluteText)  \(view.isPaused ? appearance.paint("paused", .caution) : "\(view.hertz) Hz")"
    let reading = state.reading
    var text: String
    switch reading.daemon {
    case .running:
      let isDegraded = reading.document?.state == .degraded
      let age = reading.document.map { " for \(state.now.duration(since: $0.since).text)" } ?? ""
      text = "oomguard is " + appearance.paint("running" + age, isDegraded ? nil : .good)
      if isDegraded { text += appearance.paint(", degraded", .caution) }
      if reading.document?.dryRun == true { text += appearance.paint(", dry run", .caution) }
    case .stuck: text = "oomguard is " + appearance.paint("stuck", .bad)
    case .stopped: text = "oomguard is " + appearance.paint("not running", .bad)
    case .notInstalled: text = "oomguard is " + appearance.paint("not installed", .bad)
    case nil: text = "oomguard: " + appearance.paint("its status cannot be relied on", .bad)
    }
    let room = size.columns - clock.visibleWidth
    return room > text.visibleWidth ? text.visiblyPadded(toWidth: room) + clock : text
  }

  /// At most two lines, and none if there is nothing.
  private var problems: [String] {
    var texts: [String] = []
    if let document = state.reading.document, state.reading.daemon == .running {
      let broken = document.rules.reduce(0) { sum, rule in
        sum + rule.processes.count { $0.state != .held && $0.state != .pending }
      }
      if document.config.error != nil { texts.append("the configuration has a mistake") }
      if broken > 0 { texts.append(broken == 1 ? "a promise is broken" : "\(broken) promises are broken") }
      texts += document.degraded.map(\.what)
    } else if let problem = state.reading.problem {
      texts.append("\(problem)")
    }
    texts += state.notes
    guard !texts.isEmpty else { return [] }
    let lines = texts.joined(separator: "; ").shown(in: appearance).wrapped(toWidth: max(1, size.columns - 2))
    let marks = [appearance.paint("!", .caution) + " ", "  "]
    return zip(marks, lines).map { $0 + $1 }
  }

  // MARK: Pressure

  private var pressure: String {
    // What only a daemon at work can tell is left out unless one is.
    let told = state.reading.daemon == .running ? state.reading.document?.pressure : nil
    let colour: Colour? =
      switch told?.level {
      case .calm, .unknown, nil: nil
      case .warning: .caution
      case .critical: .bad
      }
    var line = "Pressure " + appearance.paint(told?.level.rawValue ?? "unknown", colour)
    if let since = told?.since { line += " for \(state.now.duration(since: since).text)" }
    // What matters most comes first, and what there is no room for is left out as a whole.
    var parts: [String] = []
    if let seconds = told?.exhaustedInSeconds {
      parts.append(appearance.paint("gone in \(Duration.seconds(seconds).text)", .bad))
    }
    if let stalls = state.stalls {
      let full = stalls.full.map { ", full \(Percent(hundredths: $0.avg10)) %" } ?? ""
      parts.append("10 s: some \(Percent(hundredths: stalls.some.avg10)) %\(full)")
    } else {
      parts.append("this kernel does not tell who stands still")
    }
    if let available = state.memory?.availableHundredths {
      parts.append("\(Percent(hundredths: available)) % available")
    }
    if let fastest = told?.fastest, fastest.kbPerSecond > 0 {
      let rate = UInt64(fastest.kbPerSecond).kibibytesText
      parts.append("\(fastest.comm.shown(in: appearance)) (\(fastest.pid)) +\(rate)/s")
    }
    for part in parts where line.visibleWidth + 2 + part.visibleWidth <= size.columns { line += "; \(part)" }
    return line
  }

  private static let axis = 6

  private func graph(_ layout: Layout) -> [String] {
    guard layout.some > 0 else { return [] }
    let graph = PressureGraph(state.history, width: size.columns - Self.axis, in: appearance)
    let rows =
      graph.rows(\.some, height: layout.some, colour: .caution)
      + graph.rows(\.full, height: layout.full, colour: .bad)
    var labels = Array(repeating: "", count: rows.count)
    labels[0] = "\(graph.scalePercent) %"
    labels[layout.some - 1] = "some"
    labels[layout.some] = layout.full > 1 ? "\(graph.scalePercent) %" : "full"
    labels[rows.count - 1] = "full"
    return zip(labels, rows).map { $0.padded(toWidth: Self.axis) + $1 }
  }

  // MARK: Memory

  private var memory: [String] {
    guard let memory = state.memory, let ledger = state.ledger else { return ["RAM: not known"] }
    var head = "RAM \(memory.totalKB.kibibytesText)"
    if let free = memory.freeKB { head += ", \(free.kibibytesText) free" }
    if let swap = memory.swapTotalKB {
      head +=
        swap > 0
        ? "; swap \(swap.kibibytesText), \((memory.swapFreeKB ?? 0).kibibytesText) free" : "; no swap"
    }
    let bar = MemoryBar(ledger, in: appearance)
    // The bar is what is looked at; but a narrow screen has none.
    let room = size.columns - head.displayWidth - 1
    return [room >= 10 ? "\(head) \(bar.text(width: room))" : head, bar.legend(withFree: false)]
  }

  // MARK: Tables

  private func bar(_ part: Int64, of whole: UInt64, width: Int) -> String {
    guard part > 0, whole > 0 else { return "" }
    let share = min(UInt64(clamping: part), whole).multipliedFullWidth(by: UInt64(clamping: width))
    let filled = Int(whole.dividingFullWidth(share).quotient)
    return String(repeating: appearance.hasUnicode ? "█" : "#", count: max(1, filled))
  }

  private var barWidth: Int { min(40, max(6, size.columns / 10)) }

  private func victims(_ rows: Int) -> [String] {
    let isWide = size.columns >= 100
    var columns: [Table.Column] = [
      .init("NEXT", isRightAligned: true), .init("PID", isRightAligned: true), .init("COMM", canShrink: true),
      .init("UNIT", canShrink: true), .init("SCORE", isRightAligned: true),
      .init("RSS", isRightAligned: true),
      .init("SWAP", isRightAligned: true), .init("BADNESS", isRightAligned: true), .init(""),
    ]
    if isWide { columns.insert(.init("RULE", canShrink: true), at: 4) }
    var table = Table(columns)
    let rules = state.rules
    let shown = chosen.prefix(rows)
    table.rows = shown.map { process in
      let candidate = process.candidate
      let rule = rules[candidate.pid]
      // Who would be killed although somebody promised otherwise.
      let isWrong = process.place == 1 && rule?.kind == .protect
      var row: [Table.Cell] = [
        .init("\(process.place)", isWrong ? .bad : nil), .init("\(candidate.pid)"),
        .init(process.comm.printable), .init(state.units[candidate.pid] ?? "-"),
        .init("\(candidate.score)"), .init((candidate.rssKB ?? 0).kibibytesText),
        .init(candidate.swapKB == 0 ? "-" : candidate.swapKB.kibibytesText),
        .init(process.badnessKB.kibibytesText),
        .init(bar(process.badnessKB, of: state.scaleKB, width: barWidth)),
      ]
      if isWide { row.insert(.init(rule?.name ?? "-"), at: 4) }
      return row
    }
    var lines = table.lines(in: appearance)
    let count = state.processes.count
    var notes = ["\(chosen.count < count ? "\(chosen.count) of " : "")\(count) processes"]
    if state.processAge >= .seconds(2) { notes.append("\(state.processAge.text) ago") }
    if state.neverChosen > 0 { notes.append("\(state.neverChosen) more are never chosen") }
    lines[0] = beside(lines[0], notes)
    return lines
  }

  /// Puts remarks at the right of a heading, as many as there is room for.
  private func beside(_ line: String, _ remarks: [String]) -> String {
    for count in stride(from: remarks.count, to: 0, by: -1) {
      let text = remarks.prefix(count).joined(separator: ", ")
      let width = size.columns - text.displayWidth
      if line.visibleWidth + 2 <= width { return line.visiblyPadded(toWidth: width) + text }
    }
    return line
  }

  private struct Promise {
    var rule: StatusDocument.Rule
    var process: StatusDocument.Process
    /// `nil` for one that is never chosen; absent too where it is not known.
    var marginKB: Int64?
    var isNever: Bool
  }

  /// The broken ones first, then who is nearest to being killed.
  private var promises: [Promise] {
    guard state.reading.daemon == .running, let document = state.reading.document else { return [] }
    var badness: [Int32: Int64] = [:]
    for process in state.processes { badness[process.candidate.pid] = process.badnessKB }
    let first = state.processes.first?.badnessKB ?? 0
    let promises = document.rules.filter { $0.kind == .protect }.flatMap { rule in
      rule.processes.map { process in
        let own = badness[process.pid]
        return Promise(
          rule: rule, process: process, marginKB: own.map { max(0, first - $0) },
          isNever: own == nil && process.score == OOMScoreAdj.immune.value)
      }
    }
    func key(_ promise: Promise) -> (Int, Int64, Int32) {
      let isFine = promise.process.state == .held || promise.process.state == .pending
      return (isFine ? 1 : 0, promise.marginKB ?? .max, promise.process.pid)
    }
    return promises.sorted { key($0) < key($1) }
  }

  private func protected(_ rows: Int) -> [String] {
    var table = Table([
      .init("PROTECTED", canShrink: true), .init("PID", isRightAligned: true), .init("COMM", canShrink: true),
      .init("UNIT", canShrink: true), .init("SCORE", isRightAligned: true), .init("STATE"),
      .init("MARGIN", isRightAligned: true), .init(""),
    ])
    let promises = promises
    table.rows = promises.prefix(rows).map { promise in
      let process = promise.process
      let colour: Colour? =
        switch process.state {
        case .held, .pending: nil
        case .drifted, .yielded: .caution
        case .refused: .bad
        }
      return [
        .init(promise.rule.name), .init("\(process.pid)"), .init(process.comm), .init(process.unit ?? "-"),
        .init(process.score.map { "\($0)" } ?? "-"), .init(process.state.rawValue, colour),
        .init(promise.isNever ? "never" : promise.marginKB?.kibibytesText ?? "-"),
        .init(bar(promise.marginKB ?? 0, of: state.scaleKB, width: barWidth)),
      ]
    }
    if promises.isEmpty {
      let why = state.reading.daemon == .running ? "no process" : "not known without the daemon"
      return table.lines(in: appearance).prefix(1) + [why]
    }
    var lines = table.lines(in: appearance)
    if promises.count > rows { lines[0] = beside(lines[0], ["\(rows) of \(promises.count)"]) }
    return lines
  }

  private func kills(_ rows: Int) -> [String] {
    let isWide = size.columns >= 100
    var table = Table([
      .init("KILLED", isRightAligned: !isWide), .init("PID", isRightAligned: true),
      .init("COMM", canShrink: true),
      .init("UNIT", canShrink: true), .init("LIMIT", canShrink: true), .init("SIZE", isRightAligned: true),
      .init("PROTECTED"),
    ])
    if isWide { table.columns.insert(.init("AGO", isRightAligned: true), at: 1) }
    table.rows = state.kills.reversed().prefix(rows).map { kill in
      let ago = kill.at.map { state.now.duration(since: $0).text } ?? "-"
      let row: [Table.Cell] = [
        .init(kill.victim.pid.map { "\($0)" } ?? "-"), .init(kill.victim.comm ?? "-"),
        .init(kill.victim.unit ?? "-"),
        .init(kill.limitText), .init(kill.victim.residentKB?.kibibytesText ?? "-"),
        kill.protected.map { $0 ? .init("yes", .bad) : .init("no") } ?? "-",
      ]
      guard isWide else { return [.init(kill.at == nil ? ago : "\(ago) ago")] + row }
      return [.init(kill.at.map { String($0.absoluteText.dropLast(4)) } ?? "-"), .init(ago)] + row
    }
    let total = state.reading.document?.kills
    if state.kills.isEmpty {
      return table.lines(in: appearance).prefix(1) + [
        total == nil ? "not known without the daemon" : "nobody in the last week"
      ]
    }
    var lines = table.lines(in: appearance)
    if let total {
      let protected = total.protected > 0 ? ["\(total.protected) of protected"] : []
      lines[0] = beside(lines[0], ["\(total.total) since boot"] + protected)
    }
    return lines
  }

  // MARK: The foot

  private var footer: String {
    if view.isTyping {
      return
        "\(appearance.paint("/", .heading))\(view.filter.shown(in: appearance))_  Enter keeps, Esc drops it"
    }
    func key(_ name: String, _ what: String) -> String { "\(appearance.paint(name, .heading)) \(what)" }
    var keys = [
      key("q", "quit"), key("p", view.isPaused ? "go on" : "pause"), key("s", "sort: \(view.order.rawValue)"),
    ]
    keys.append(key("/", view.filter.isEmpty ? "filter" : "filter: \(view.filter.shown(in: appearance))"))
    keys.append(key("+ -", "rate"))
    return keys.joined(separator: "   ")
  }
}
