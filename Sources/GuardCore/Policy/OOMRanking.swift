/// The kernel's choice of a victim, done again from the task table of its report.
package struct OOMRanking: Equatable, Sendable {
  package struct Place: Equatable, Sendable {
    package var row: OOMTaskTable.Row
    package var candidate: OOMCandidate
    /// In pages. Without a scale: what the score adds or takes off is left out.
    package var badness: Int64
  }

  /// Most points first; of equals the one further down the table, since the kernel takes the later of two. Who is
  /// never chosen is left out.
  package var places: [Place]
  /// Rows of those who are never chosen.
  package var exempt: Int
  /// `nil` where the report does not tell what scores are measured against.
  package var scale: BadnessScale?
  package var pageKB: Int64

  /// - Returns: `nil` where the report holds no table, as in a storm, when the kernel leaves it out.
  package init?(
    report: [UInt8], constraint: OOMKill.Constraint?, victimPID: Int32?, victimTotalVMKB: UInt64?,
    pageKB: UInt64,
    swapKB: UInt64?
  ) {
    guard let table = OOMTaskTable(report: report) else { return nil }
    let victim = table.rows.first { $0.names(victimPID) }
    let pageKB = Self.pageKB(totalVMPages: victim?.totalVMPages, totalVMKB: victimTotalVMKB) ?? pageKB
    let totalKB = constraint.flatMap {
      OOMReportSizes(report: report).totalKB(of: $0, pageKB: pageKB, swapKB: swapKB)
    }
    // Sums up pages where no total is known: a scale of nothing.
    let ground = BadnessScale(totalKB: totalKB ?? 0, pageBytes: Int(clamping: pageKB) &* 1024)
    scale = totalKB.map { _ in ground }
    self.pageKB = ground.pageKB
    places = []
    exempt = 0
    for row in table.rows {
      guard let candidate = OOMCandidate(row, pageKB: pageKB), let badness = candidate.badness(on: ground)
      else {
        exempt += 1
        continue
      }
      places.append(Place(row: row, candidate: candidate, badness: badness))
    }
    places = places.enumerated().sorted { ($0.element.badness, $0.offset) > ($1.element.badness, $1.offset) }
      .map(\.element)
  }

  /// 0 is the first; `nil` where the table does not have it.
  package func place(of pid: Int32?) -> Int? { places.firstIndex { $0.row.names(pid) } }

  /// In KiB; `nil` where its score counts and nobody knows against what.
  package func badnessKB(of place: Place) -> Int64? {
    guard scale != nil || place.candidate.score == .zero else { return nil }
    let (product, overflowed) = place.badness.multipliedReportingOverflow(by: pageKB)
    return overflowed ? (place.badness < 0 ? .min : .max) : product
  }

  /// Whether the order is not sure, since somebody's score counts and nobody knows against what.
  package var isUncertain: Bool { scale == nil && places.contains { $0.candidate.score != .zero } }

  /// The machine that printed the report knew its page: the same size in pages and in KiB tells it.
  private static func pageKB(totalVMPages: UInt64?, totalVMKB: UInt64?) -> UInt64? {
    guard let totalVMPages, let totalVMKB, totalVMPages > 0, totalVMKB % totalVMPages == 0 else { return nil }
    let pageKB = totalVMKB / totalVMPages
    return (4...1024).contains(pageKB) && pageKB.nonzeroBitCount == 1 ? pageKB : nil
  }
}

extension OOMTaskTable.Row {
  /// The table names a thread where the process's first one has ended.
  fileprivate func names(_ process: Int32?) -> Bool { process != nil && (pid == process || tgid == process) }
}

extension OOMCandidate {
  /// - Returns: `nil` without a resident size, or with a score that no process has.
  fileprivate init?(_ row: OOMTaskTable.Row, pageKB: UInt64) {
    func kilobytes(_ pages: UInt64) -> UInt64 {
      let (product, overflowed) = pages.multipliedReportingOverflow(by: pageKB)
      return overflowed ? .max : product
    }
    guard let rssPages = row.rssPages, let score = OOMScoreAdj(row.score ?? 0) else { return nil }
    // Before Linux 4.15 tables of two levels are counted, each of one page.
    let tables = (row.pteCount ?? 0).addingReportingOverflow(row.pmdCount ?? 0)
    self.init(
      pid: row.tgid ?? row.pid, rssKB: kilobytes(rssPages), swapKB: kilobytes(row.swapPages ?? 0),
      pgtablesKB: row.pgtablesBytes.map { $0 / 1024 }
        ?? kilobytes(tables.overflow ? .max : tables.partialValue),
      score: score)
  }
}
