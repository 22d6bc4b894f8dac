/// `oomguardctl victims` for people.
package struct VictimsScreen: Sendable {
  private let answer: Victims
  private let count: Int
  private let appearance: Appearance

  /// - Parameter count: how many victims are shown.
  package init(_ answer: Victims, top count: Int, in appearance: Appearance) {
    (self.answer, self.count, self.appearance) = (answer, count, appearance)
  }

  package func lines() -> [String] {
    let sections = [victims, protected, notes]
    return Array(sections.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  private var victims: [String] {
    let limit = UInt64(clamping: answer.scaleKB).kibibytesText
    let occasion =
      switch answer.scope {
      case .machine: "If the machine ran out of memory (\(limit) of RAM and swap)"
      case .cgroup(let path): "If '\(path)' reached its limit (\(limit) with swap)"
      }
    guard !answer.victims.isEmpty else {
      return ["\(occasion), there would be nobody to kill."].map { $0.shown(in: appearance) }
    }
    var table = Table([
      .init("", isRightAligned: true), .init("PID", isRightAligned: true), .init("COMM", canShrink: true),
      .init("UNIT", canShrink: true), .init("RULE", canShrink: true), .init("SCORE", isRightAligned: true),
      .init("BADNESS", isRightAligned: true), .init("RAM", isRightAligned: true),
      .init("SWAP", isRightAligned: true), .init("PGTABLES", isRightAligned: true, isOptional: true),
    ])
    let isFinding = answer.exitStatus == .finding
    table.rows = zip(1..., answer.victims.prefix(count)).map { rank, victim in
      let colour: Colour? = rank == 1 ? (isFinding ? .bad : .caution) : nil
      return [
        .init("\(rank)"), .init("\(victim.pid)", colour), .init(victim.comm, colour),
        .init(place(of: victim)), .init(victim.rule ?? "-"), .init("\(victim.score)"),
        .init(victim.badnessKB.kibibytesText), .init(victim.rssKB.kibibytesText),
        .init(victim.swapKB.kibibytesText), .init(victim.pgtablesKB.kibibytesText),
      ]
    }
    var lines = ["\(occasion), the kernel would kill, in this order:".shown(in: appearance)]
    lines += table.lines(in: appearance, indent: 2)
    var rest: [String] = []
    if answer.victims.count > count { rest.append("\(answer.victims.count - count) more") }
    if answer.neverChosen > 0 { rest.append("\(answer.neverChosen) that it never chooses") }
    return rest.isEmpty ? lines : lines + ["  and \(rest.joined(separator: ", "))"]
  }

  /// The unit, else the cgroup it is in.
  private func place(of victim: Victims.Victim) -> String {
    victim.unit ?? victim.cgroup.flatMap { $0 == "/" ? nil : $0 } ?? "-"
  }

  /// A line for each service: its process that is the nearest to being killed.
  private var protected: [String] {
    guard !answer.protected.isEmpty else { return [] }
    var services: [(nearest: Victims.Protected, others: Int)] = []
    for process in answer.protected {
      // Without a unit each process stands for itself.
      let same = services.firstIndex {
        process.unit != nil && ($0.nearest.rule, $0.nearest.unit) == (process.rule, process.unit)
      }
      if let same { services[same].others += 1 } else { services.append((process, 0)) }
    }
    var table = Table([
      .init("PROTECTED", canShrink: true), .init("UNIT", canShrink: true), .init("PID", isRightAligned: true),
      .init("COMM", canShrink: true), .init("SCORE", isRightAligned: true), .init("WOULD BE KILLED"),
    ])
    table.rows = services.map { process, others in
      let more = others > 0 ? " (and \(others) more, later)" : ""
      let (text, colour): (String, Colour?) =
        switch process.marginKB {
        case nil: ("never", nil)
        case 0?: ("next", .bad)
        case let margin?: ("only after \(margin.kibibytesText) more", nil)
        }
      return [
        .init(process.rule), .init(process.unit ?? "-"), .init("\(process.pid)"), .init(process.comm),
        .init("\(process.score)"), .init(text + more, colour),
      ]
    }
    return table.lines(in: appearance)
  }

  private var notes: [String] { answer.notes.map { "! \($0)".shown(in: appearance) } }
}
