internal import GuardCore

/// `oomguardctl memory PID` for people.
package struct ProcessMemoryScreen: Sendable {
  private let report: ProcessMemoryReport
  private let appearance: Appearance

  package init(_ report: ProcessMemoryReport, in appearance: Appearance) {
    (self.report, self.appearance) = (report, appearance)
  }

  package func lines() -> [String] {
    let sections = [headline, parts, atExit, report.notes.map { "! \($0)".shown(in: appearance) }]
    return Array(sections.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  private var headline: [String] {
    let unit = report.unit.map { " of \($0)" } ?? ""
    guard let rss = report.status.rssKB else {
      return ["pid \(report.pid) '\(report.comm)'\(unit): no memory of its own".shown(in: appearance)]
    }
    let facts = [
      "\(rss.kibibytesText) resident",
      report.mappings.map { "\($0.proportionalKB.kibibytesText) if shared pages are divided" },
      report.status.swapKB.flatMap { $0 > 0 ? "\($0.kibibytesText) swapped out" : nil },
      report.status.pgtablesKB.map { "\($0.kibibytesText) of page tables" },
    ].compactMap { $0 }
    return [
      "pid \(report.pid) '\(report.comm)'\(unit): \(facts.joined(separator: ", "))".shown(in: appearance)
    ]
  }

  private var parts: [String] {
    guard let mappings = report.mappings else { return [] }
    var table = Table([
      .init("WHAT", canShrink: true), .init("RESIDENT", isRightAligned: true),
      .init("ITS OWN", isRightAligned: true), .init("SWAPPED", isRightAligned: true),
      .init("LOCKED", isRightAligned: true),
    ])
    for kind in ProcessMappings.Kind.allCases {
      guard let sizes = mappings.parts[kind], sizes != .init() else { continue }
      table.rows.append([.init(kind.title)] + cells(sizes))
    }
    table.rows.append([.init("all", .heading)] + cells(mappings.total))
    return table.lines(in: appearance)
  }

  private func cells(_ sizes: ProcessMappings.Sizes) -> [Table.Cell] {
    [sizes.residentKB, sizes.privateKB, sizes.swappedKB, sizes.lockedKB].map {
      .init($0 == 0 ? "-" : $0.kibibytesText)
    }
  }

  private var atExit: [String] {
    guard let effect = report.atExit else { return [] }
    let swap = effect.freedSwapKB > 0 ? " and \(effect.freedSwapKB.kibibytesText) of swap" : ""
    let freed =
      "Its end frees \(effect.freedKB.kibibytesText) of RAM\(swap), page tables included; what stays:"
    let rest = effect.stays.map { rest in
      let why =
        switch rest.reason {
        case .others: "with others, who map it too"
        case .cache: "as file cache, until it is wanted for something else"
        case .file: "in '\(rest.name?.printable ?? "")', until it is deleted"
        case .segment: "in the segment '\(rest.name?.printable ?? "")', until it is removed with ipcrm"
        }
      return "  \(rest.kb.kibibytesText) \(why)".shown(in: appearance)
    }
    return [freed] + (rest.isEmpty ? ["  nothing"] : rest)
  }
}

extension ProcessMappings.Kind {
  var title: String {
    switch self {
    case .heap: "heap"
    case .stack: "stack"
    case .data: "data: changed pages of files, bss"
    case .mmap: "other private anonymous"
    case .privateFile: "files, mapped by it alone"
    case .sharedFile: "files, shared: code, libraries"
    case .sharedAnonymous: "shared anonymous"
    case .memfd: "memfd"
    case .sysv: "System V segments"
    case .tmpfs: "files on tmpfs"
    case .hugePages: "huge pages"
    }
  }
}
