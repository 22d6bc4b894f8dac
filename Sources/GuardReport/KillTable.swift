package import GuardStatus

/// Kills as a table, a line each.
struct KillTable {
  private let now: Timestamp
  private let showsID: Bool

  /// - Parameter showsID: what `oomguardctl kills ID` takes.
  init(at now: Timestamp, showsID: Bool) { (self.now, self.showsID) = (now, showsID) }

  func lines(_ kills: some Sequence<StatusDocument.Kill>, in appearance: Appearance, indent: Int = 0)
    -> [String]
  {
    var table = Table([
      // Of the two one is enough; which there is room for depends on what else there is.
      .init("WHEN (UTC)", isOptional: showsID), .init("AGO", isRightAligned: true, isOptional: !showsID),
      .init("PID", isRightAligned: true), .init("COMM", canShrink: true), .init("UNIT", canShrink: true),
      .init("LIMIT", canShrink: true, isOptional: showsID), .init("SIZE", isRightAligned: true),
      .init("PROTECTED"),
    ])
    if showsID { table.columns.insert(.init("ID"), at: 0) }
    table.rows = kills.map { kill in
      let row: [Table.Cell] = [
        .init(kill.at.map { String($0.absoluteText.dropLast(4)) } ?? "-"),
        .init(kill.at.map { now.duration(since: $0).text } ?? "-"),
        .init(kill.victim.pid.map { "\($0)" } ?? "-"), .init(kill.victim.comm ?? "-"),
        .init(kill.victim.unit ?? "-"), .init(kill.limitText),
        .init(kill.victim.residentKB?.kibibytesText ?? "-"),
        kill.protected.map { $0 ? .init("yes", .bad) : .init("no") } ?? "-",
      ]
      return (showsID ? [.init(kill.id ?? "-")] : []) + row
    }
    return table.lines(in: appearance, indent: indent)
  }
}

extension StatusDocument.Kill {
  /// Whose memory was at its end, in a word or a path.
  var limitText: String {
    switch constraint {
    case .memcg: limitCgroup ?? "memcg"
    case .global: "machine"
    case .cpuset, .mempolicy: constraint?.rawValue ?? "-"
    case nil: limitCgroup ?? "-"
    }
  }
}

extension StatusDocument.Kill.Victim {
  /// What it held in RAM, in KiB: `nil` unless the report says at least its anonymous part.
  package var residentKB: UInt64? {
    anonRSSKB.map { anonymous in
      [fileRSSKB, shmemRSSKB].reduce(anonymous) { sum, part in
        let (next, overflowed) = sum.addingReportingOverflow(part ?? 0)
        return overflowed ? .max : next
      }
    }
  }
}
