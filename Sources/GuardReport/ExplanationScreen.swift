internal import GuardCore
internal import GuardStatus

/// `oomguardctl explain` for people: each answer with the figures it comes from.
package struct ExplanationScreen: Sendable {
  private let about: Explanation
  private let appearance: Appearance

  package init(_ explanation: Explanation, in appearance: Appearance) {
    (about, self.appearance) = (explanation, appearance)
  }

  package func lines() -> [String] {
    let sections = [headline, score + rule, badness, verdict + fork, notes]
    return Array(sections.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  private var headline: [String] {
    let unit = about.unit.map { " of \($0)" } ?? ""
    let cgroup = about.cgroup.map { ["  in cgroup \($0)"] } ?? []
    return (["pid \(about.pid) '\(about.comm)'\(unit)"] + cgroup).map { $0.shown(in: appearance) }
  }

  // MARK: Score and rule

  private var score: [String] {
    let base = about.base.map { "; its base, what it would carry without oomguard, is \($0)" } ?? ""
    let who =
      switch about.isSetByOomguard {
      case true?: ", set by oomguard"
      case false?: ", not set by oomguard"
      case nil: origin
      }
    return ["Score: \(about.score)\(who)\(base)".shown(in: appearance)]
  }

  /// The kernel does not remember who wrote a score.
  private var origin: String {
    if about.score == .zero { return ", the kernel's default" }
    if let parent = about.parent, parent.score == about.score {
      return ", the same as its parent \(parent.pid) '\(parent.comm)': probably inherited"
    }
    return ", set by itself, by its unit (OOMScoreAdjust=) or by another program"
  }

  private var rule: [String] {
    guard let promise = about.promise else {
      return about.told.map { ["Rule: '\($0.rule)'".shown(in: appearance), daemonsWord($0)] }
        ?? [about.isRuleKnown ? "Rule: none means it" : "Rule: not known"]
    }
    let rule = promise.rule
    let bound = rule.kind == .protect ? "\(promise.score) or less" : "\(promise.score) or more"
    var lines = [
      "Rule: '\(rule.name)' (\(rule.kind.rawValue)), \(rule.position)",
      "  promises \(bound): \(arithmetic(of: promise))",
    ]
    if let told = about.told, told.rule == rule.name {
      lines.append(daemonsWord(told))
    } else if rule.scope == .main {
      lines.append("  scope = \"main\": made to its unit's main process only")
    }
    lines = lines.map { $0.shown(in: appearance) }
    if about.isBroken {
      lines.append(appearance.paint("  BROKEN: the score is \(about.score), not \(bound)", .bad))
    }
    return lines
  }

  private func daemonsWord(_ told: Explanation.Told) -> String {
    let why = told.process.error.map { ": \($0)" } ?? ""
    return "  the daemon says: \(told.process.state.rawValue)\(why)".shown(in: appearance)
  }

  private func arithmetic(of promise: Explanation.Promise) -> String {
    switch promise.rule.amount {
    case .score(let score): return "score = \(score)"
    case .oomAdj(-17): return "oom_adj = -17, which means never"
    case .oomAdj(15): return "oom_adj = 15, which means first"
    case .oomAdj(let value): return "oom_adj = \(value), that is \(value) * 1000 / 17"
    case .allowance(let bytes):
      let amount = (bytes / 1024).kibibytesText
      let total = promise.ramKB &+ promise.swapKB
      let parts = "\(promise.ramKB.kibibytesText) of RAM + \(promise.swapKB.kibibytesText) of swap"
      if total == 0 { return "allowance = \(amount), but the size of memory cannot be read" }
      if bytes / 1024 >= total {
        return "allowance = \(amount), no less than \(parts), so the most short of never"
      }
      // Exact, unlike the sizes beside it, so that whoever checks it comes to the same score.
      return "allowance = \(amount), that is -\(bytes / 1024) KiB * 1000 / \(total) KiB (\(parts))"
    }
  }

  // MARK: Badness

  private var badness: [String] {
    let scale = UInt64(clamping: about.scale.kilobytes(about.scale.pages)).kibibytesText
    let sizes = about.status
    var rows: [(kb: Int64, what: String)] = []
    func add(_ kb: UInt64?, _ what: String) { if let kb { rows.append((Int64(clamping: kb), what)) } }
    let parts = [
      (sizes.anonRSSKB, "anonymous"), (sizes.fileRSSKB, "of files"), (sizes.shmemRSSKB, "shared memory"),
    ].compactMap { kb, what in kb.map { "\($0.kibibytesText) \(what)" } }
    add(sizes.rssKB, "resident" + (parts.isEmpty ? "" : ": \(parts.joined(separator: ", "))"))
    if sizes.rssKB != nil { add(sizes.swapKB ?? 0, "swapped out") }
    add(sizes.pgtablesKB, "page tables")
    guard let badness = about.badness else {
      return ["Badness: none, it is never chosen"] + column(rows)
    }
    if about.score != .zero {
      let kb = about.scale.kilobytes(about.scale.pages(of: about.score))
      rows.append((kb, "score \(about.score), in thousandths of \(scale)"))
    }
    let head = "Badness: \(about.scale.kilobytes(badness).kibibytesText) of \(scale) (RAM + swap), the sum of"
    return [head] + column(rows) + own
  }

  private func column(_ rows: [(kb: Int64, what: String)]) -> [String] {
    let texts = rows.map { $0.kb.kibibytesText }
    let width = texts.map(\.displayWidth).max() ?? 0
    return zip(texts, rows).map { "  \($0.padded(toWidth: width, isRightAligned: true))  \($1.what)" }
  }

  /// What its end would give back.
  private var own: [String] {
    guard let freed = about.shared?.privateKB else { return [] }
    let swap = about.shared?.swapPSSKB.map { " and \($0.kibibytesText) of swap" } ?? ""
    return ["  its end would free \(freed.kibibytesText) of RAM\(swap); the rest it shares with others"]
  }

  // MARK: Verdicts

  private var verdict: [String] {
    let text =
      switch about.standing {
      case .rank(1, let count):
        appearance.paint("next", .caution) + ": the kernel would take it first of \(count) processes"
      case .rank(let rank, let count): "rank \(rank) of \(count): \(rank - 1) would go before it"
      case .never(.initProcess): "never: it is the first process"
      case .never(.noMemory): "never: it has no memory of its own"
      case .never(.immune): "never: a score of -1000 makes it immune"
      case .unknown: "not known"
      }
    return ["Would be killed: \(text)"]
  }

  private var fork: [String] {
    guard let fork = about.fork else {
      return about.standing == .never(.noMemory) ? [] : ["May fork: not known"]
    }
    let answer = fork.isAllowed.map { $0 ? "yes" : appearance.paint("no", .bad) } ?? "not known"
    let mode = "vm.overcommit_memory is \(fork.mode.rawValue)"
    let most = fork.charge.isUpperBound ? "at most " : ""
    let room = fork.roomKB.map(\.kibibytesText)
    let rights = fork.isAllowed == nil && room != nil ? "; its mappings may not be read, run as root" : ""
    let why =
      switch fork.mode {
      case .always: "and refuses nothing"
      case .guess:
        "and refuses only a mapping larger than RAM + swap, \(room ?? "?"); its largest has "
          + "\(most)\(fork.charge.largestMappingKB.kibibytesText)"
      case .never:
        room.map {
          "its copy counts \(most)\(fork.charge.totalKB.kibibytesText), and \($0) of the commit limit are left"
        } ?? "but the kernel does not say what its limit is"
      }
    return ["May fork: \(answer): \(mode)\(fork.mode == .never ? "; " : " ")\(why)\(rights)"]
  }

  private var notes: [String] { about.notes.map { "! \($0)".shown(in: appearance) } }
}
