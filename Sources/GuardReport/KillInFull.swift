package import GuardCore
package import GuardStatus

/// One kill with the kernel's report, and the kernel's choice done again from it.
package struct KillInFull: Sendable {
  package var kill: StatusDocument.Kill
  /// `nil` where only the daemon's status has the kill.
  package var report: [UInt8]?
  /// `nil` without a task table.
  package var ranking: OOMRanking?

  /// - Parameters:
  ///   - swapKB: of the machine now; a memory cgroup's report does not tell how much there was.
  ///   - pageBytes: of the machine now, for a report that does not tell its own.
  package init(_ kill: StatusDocument.Kill, report: [UInt8]?, swapKB: UInt64?, pageBytes: Int) {
    (self.kill, self.report) = (kill, report)
    ranking = report.flatMap {
      OOMRanking(
        report: $0, constraint: kill.constraint.flatMap { .init(rawValue: $0.rawValue) },
        victimPID: kill.victim.pid, victimTotalVMKB: kill.victim.totalVMKB, pageKB: UInt64(pageBytes / 1024),
        swapKB: swapKB)
    }
  }

  /// Where the victim stands in the table; 0 is the one with the most points.
  package var victimPlace: Int? { ranking?.place(of: kill.victim.pid) }

  /// `vm.oom_kill_allocating_task`: whoever asks for memory is taken, whatever its points.
  package var isAllocatingTask: Bool {
    (report ?? [])[...].position(of: "(oom_kill_allocating_task): Killed process ") != nil
  }

  /// For JSON and the screen: its lines, each without what would act on a terminal.
  package var reportLines: [String] {
    (report ?? []).split(separator: UInt8(ascii: "\n")).map(\.printable)
  }
}

extension KillInFull: Encodable {
  private enum CodingKeys: String, CodingKey {
    case scaleKB = "scale_kb"
    case tasks, report
  }

  private struct Task: Encodable {
    var pid: Int32
    var comm: String
    var uid: UInt32
    var score: Int16
    /// `nil` where the report does not tell what a score is worth, and a score counts.
    var badnessKB: Int64?
    var rssKB, swapKB, pgtablesKB: Int64

    init(_ place: OOMRanking.Place, in ranking: OOMRanking) {
      let candidate = place.candidate
      (pid, comm, uid, score) = (
        candidate.pid, place.row.comm.printable, place.row.uid, candidate.score.value
      )
      badnessKB = ranking.badnessKB(of: place)
      (rssKB, swapKB) = (Int64(clamping: candidate.rssKB ?? 0), Int64(clamping: candidate.swapKB))
      pgtablesKB = Int64(clamping: candidate.pgtablesKB)
    }

    private enum CodingKeys: String, CodingKey {
      case pid, comm, uid, score
      case badnessKB = "badness_kb"
      case rssKB = "rss_kb"
      case swapKB = "swap_kb"
      case pgtablesKB = "pgtables_kb"
    }
  }

  package func encode(to encoder: any Encoder) throws {
    // Into the same object: ours stand beside the fields that every kill has.
    try kill.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(ranking?.scale.map { $0.kilobytes($0.pages) }, forKey: .scaleKB)
    let tasks = ranking.map { ranking in ranking.places.map { Task($0, in: ranking) } }
    try container.encodeIfPresent(tasks, forKey: .tasks)
    try container.encodeIfPresent(report.map { _ in reportLines.joined(separator: "\n") }, forKey: .report)
  }
}

/// What `oomguardctl kills ID --json` answers: the same as for all kills, with the one in full.
package struct KillAnswer: Encodable, Sendable {
  private var kills: [KillInFull]
  private var source: KillsAnswer.Source?
  private var why: String?

  package init(_ kill: KillInFull, _ answer: KillsAnswer) {
    (kills, source, why) = ([kill], answer.source, answer.why)
  }
}
