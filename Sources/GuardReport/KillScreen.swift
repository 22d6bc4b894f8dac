internal import GuardCore
package import GuardStatus

/// `oomguardctl kills ID` for people: one kill in full, with the kernel's choice done again.
package struct KillScreen: Sendable {
  /// The top of the kernel's table.
  private static let tasksShown = 10

  private let about: KillInFull
  private let why: String?
  private let now: Timestamp
  private let appearance: Appearance

  private var kill: StatusDocument.Kill { about.kill }

  /// - Parameters:
  ///   - why: the journal does not answer alone.
  ///   - now: the wall clock, for the age.
  package init(_ kill: KillInFull, why: String?, at now: Timestamp, in appearance: Appearance) {
    (about, self.why, self.now, self.appearance) = (kill, why, now, appearance)
  }

  package func lines() -> [String] {
    let sections = [headline, facts, memory, choice, report, why.map { [safe("! \($0)")] } ?? []]
    return Array(sections.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  private func safe(_ text: String) -> String { text.shown(in: appearance) }

  private static func task(_ pid: Int32?, _ comm: String?) -> String {
    let words = [pid.map { "pid \($0)" }, comm.map { "'\($0)'" }].compactMap(\.self)
    return words.isEmpty ? "a process" : words.joined(separator: " ")
  }

  // MARK: What happened

  private var headline: [String] {
    let victim = kill.victim
    let unit = victim.unit.map { " of \($0)" } ?? ""
    let when = kill.at.map { " at \($0.absoluteText) (\($0.relativeText(at: now)))" } ?? ""
    let place = [
      victim.cgroup.map { "in cgroup \($0)" }, victim.userUnit.map { "user unit \($0)" },
      victim.container.map { "container \($0)" }, victim.pod.map { "pod \($0)" },
      victim.uid.map { "uid \($0)" },
      victim.score.map { "score \($0)" },
    ].compactMap(\.self)
    return [safe("The kernel killed \(Self.task(victim.pid, victim.comm))\(unit)\(when)")]
      + (place.isEmpty ? [] : [safe("  \(place.joined(separator: ", "))")])
  }

  private var facts: [String] {
    let promise =
      switch kill.protected {
      case true?: appearance.paint("yes", .bad) + safe(kill.rule.map { ", by rule '\($0)'" } ?? "")
      case false?: "no" + safe(kill.rule.map { "; rule '\($0)' means its unit" } ?? "")
      case nil: "not known: no daemon was there"
      }
    return ["Protected: \(promise)", safe("Limit: \(limit)")] + trigger + ["Told by: \(witness)"]
  }

  private var limit: String {
    switch kill.constraint {
    case .memcg: "that of the memory cgroup \(kill.limitCgroup ?? "it was in")"
    case .global: "the machine was out of memory"
    case .cpuset: "its cpuset was out of memory"
    case .mempolicy: "the nodes of its memory policy were out of memory"
    case nil: kill.limitCgroup.map { "that of the memory cgroup \($0)" } ?? "not known"
    }
  }

  private var trigger: [String] {
    let trigger = kill.trigger
    if trigger.order == -1 { return ["Trigger: asked for by SysRq-f"] }
    guard trigger.pid != nil || trigger.comm != nil else { return [] }
    let request = [
      trigger.order.map { $0 == 0 ? "one page" : "2^\($0) pages" }, trigger.gfpMask.map { "gfp_mask \($0)" },
    ].compactMap(\.self)
    let what = request.isEmpty ? "memory" : request.joined(separator: ", ")
    return [safe("Trigger: \(Self.task(trigger.pid, trigger.comm)) wanted \(what)")]
  }

  private var witness: String {
    switch kill.source {
    case .kernelLog: "the kernel's log"
    case .memoryEvents: "the count of its memory cgroup (memory.events); the log has no line of it"
    case .vmstat: "the kernel's count of kills (/proc/vmstat); the log has no line of it"
    }
  }

  private var memory: [String] {
    let victim = kill.victim
    let parts: [(UInt64?, String)] = [
      (victim.anonRSSKB, "anonymous"), (victim.fileRSSKB, "of files"), (victim.shmemRSSKB, "shared memory"),
      (victim.pgtablesKB, "page tables"), (victim.totalVMKB, "of address space"),
    ]
    let rows = parts.compactMap { kb, what in kb.map { ($0.kibibytesText, what) } }
    let width = rows.map(\.0.displayWidth).max() ?? 0
    return (rows.isEmpty ? [] : ["Its memory:"])
      + rows.map { "  \($0.0.padded(toWidth: width, isRightAligned: true))  \($0.1)" }
  }

  // MARK: Why this one

  private var choice: [String] {
    guard let ranking = about.ranking else {
      guard about.report != nil else {
        return ["Why this one: not known; the kernel's report is in the journal only"]
      }
      return [
        "Why this one: not known; the kernel printed no task table, as for the later of many kills in a short time,",
        "  and for those that memory.oom.group takes along",
      ]
    }
    return ["Why this one: \(verdict(ranking))"] + basis(ranking) + table(ranking)
      + [rest(ranking)].compactMap(\.self)
  }

  private func verdict(_ ranking: OOMRanking) -> String {
    let count = ranking.places.count
    guard let place = about.victimPlace else {
      return "the kernel's table does not list it; it took the place of one that is listed"
    }
    let order = ranking.isUncertain ? " as far as can be told" : ""
    if place == 0 {
      if count == 1 { return "there was no other to choose\(order)" }
      return "it had the most points of \(count) processes\(order)"
    }
    let rank = "by points it was number \(place + 1) of \(count)\(order)"
    return about.isAllocatingTask
      ? "it asked for memory, and vm.oom_kill_allocating_task is set; \(rank)"
      : "\(rank); those above it were ending already, or gone when the kernel chose"
  }

  /// What points are.
  private func basis(_ ranking: OOMRanking) -> [String] {
    let sum = "  points: what is resident, swapped out and in page tables"
    guard ranking.places.contains(where: { $0.candidate.score != .zero }) else { return [sum] }
    guard let scale = ranking.scale else {
      return [sum + "; what the scores are worth the report does not tell, so they are left out"]
    }
    let total = scale.kilobytes(scale.pages).kibibytesText
    return ["\(sum), and the score in thousandths of \(total)"]
  }

  private func table(_ ranking: OOMRanking) -> [String] {
    var table = Table([
      .init("", isRightAligned: true), .init("PID", isRightAligned: true), .init("COMM", canShrink: true),
      .init("UID", isRightAligned: true),
      .init("SCORE", isRightAligned: true), .init("RESIDENT", isRightAligned: true),
      .init("SWAP", isRightAligned: true), .init("PAGE TABLES", isRightAligned: true),
      .init("POINTS", isRightAligned: true),
    ])
    var shown = Array(ranking.places.enumerated().prefix(Self.tasksShown))
    if let place = about.victimPlace, place >= Self.tasksShown {
      shown.append((place, ranking.places[place]))
    }
    table.rows = shown.map { index, place in
      let candidate = place.candidate
      return [
        .init("\(index + 1)"), .init("\(candidate.pid)"),
        .init(place.row.comm.printable, index == about.victimPlace ? .bad : nil), .init("\(place.row.uid)"),
        .init("\(candidate.score)"), .init(candidate.rssKB?.kibibytesText ?? "-"),
        .init(candidate.swapKB.kibibytesText), .init(candidate.pgtablesKB.kibibytesText),
        .init(ranking.badnessKB(of: place)?.kibibytesText ?? "-"),
      ]
    }
    return table.lines(in: appearance, indent: 2)
  }

  private func rest(_ ranking: OOMRanking) -> String? {
    let more = ranking.places.count - Self.tasksShown
    let facts = [
      more > 0 ? "\(more) more" : nil,
      ranking.exempt > 0 ? "\(ranking.exempt) that are never chosen" : nil,
    ].compactMap(\.self)
    return facts.isEmpty ? nil : "  and \(facts.joined(separator: ", "))"
  }

  private var report: [String] {
    let lines = about.reportLines
    return lines.isEmpty ? [] : ["The kernel's report:"] + lines.map { safe("  \($0)") }
  }
}
