internal import GuardStatus

/// `oomguardctl drill` for people.
package struct DrillScreen: Sendable {
  private let drill: Drill
  private let appearance: Appearance

  package init(_ drill: Drill, in appearance: Appearance) {
    (self.drill, self.appearance) = (drill, appearance)
  }

  package func lines() -> [String] {
    let place = (drill.unit ?? drill.cgroup ?? "-").shown(in: appearance)
    var lines: [String] = []
    if drill.killed {
      let after = drill.killedAfterMilliseconds.map { " within \(seconds($0))" } ?? ""
      lines.append("\(good("killed")): the kernel took the hog in \(place)\(after)")
    } else {
      lines.append("\(bad("not killed")): the hog in \(place) went beyond its limit")
    }
    if let kill = drill.kill {
      let id = kill.id.map { " as kill \($0)" } ?? ""
      lines.append(
        "\(good("told")): by the witness \(kill.source.rawValue), in the status file\(id)"
          + (drill.toldAfterMilliseconds.map { ", within \(seconds($0)) of its end" } ?? ""))
    } else if drill.killed {
      lines.append("\(bad("not told")): the status file does not have it")
    }
    if drill.toldIn.contains(.journal) {
      lines.append("\(good("told")): in the journal; see it with: journalctl -u \(place)")
    } else if drill.kill != nil, drill.unit != nil {
      lines.append("not told in the journal")
    }
    return lines + drill.notes.map { "! \($0)".shown(in: appearance) }
  }

  private func good(_ text: String) -> String { appearance.paint(text, .good) }
  private func bad(_ text: String) -> String { appearance.paint(text, .bad) }

  private func seconds(_ milliseconds: Int64) -> String {
    let tenths = (milliseconds + 99) / 100
    return "\(tenths / 10).\(tenths % 10) s"
  }
}
