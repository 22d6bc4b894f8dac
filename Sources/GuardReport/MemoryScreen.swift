internal import GuardCore
internal import GuardLinux

/// `oomguardctl memory` for people: one bar for all of RAM, a line for each kind, and what would free some.
package struct MemoryScreen: Sendable {
  private let report: MemoryReport
  private let appearance: Appearance

  package init(_ report: MemoryReport, in appearance: Appearance) {
    (self.report, self.appearance) = (report, appearance)
  }

  package func lines() -> [String] {
    let sections = [headline + bar, table, zones, tmpfs, segments, frees, notes]
    return Array(sections.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  // MARK: All of RAM

  private var headline: [String] {
    let memory = report.memory
    let available = memory.availableKB.map { ", \($0.kibibytesText) available" } ?? ""
    let swap =
      if let total = memory.swapTotalKB, total > 0 {
        "; swap: \(total.kibibytesText), \((memory.swapFreeKB ?? 0).kibibytesText) free"
      } else {
        memory.swapTotalKB == nil ? "" : "; no swap"
      }
    return ["RAM: \(report.ledger.totalKB.kibibytesText)\(available)\(swap)"]
  }

  private var bar: [String] {
    let bar = MemoryBar(report.ledger, in: appearance)
    return [bar.text(width: min(appearance.width ?? 80, 80)), bar.legend()]
  }

  // MARK: Each kind

  /// On 80 columns the names of the kinds are what is to be read.
  private var barWidth: UInt64 { UInt64(max(6, min(16, (appearance.width ?? 100) - 84))) }

  private var table: [String] {
    var table = Table([
      .init("WHAT", canShrink: true), .init("SIZE", isRightAligned: true), .init("%", isRightAligned: true),
      .init(""), .init("COMES FREE"),
    ])
    let shown = report.ledger.lines.filter { $0.kb > 0 }
    // Free memory would dwarf the rest on most machines.
    let largest = shown.filter { $0.kind.share != .free }.map(\.kb).max() ?? 1
    table.rows = shown.map { line in
      let name = line.subject.map { "\(line.kind.title): \($0.printable)" } ?? line.kind.title
      return [
        .init(name), .init("\(line.isEstimated ? "~" : "")\(line.kb.kibibytesText)"), .init(percent(line.kb)),
        .init(line.kind.share == .free ? "" : stroke(line.kb, of: largest)), .init(line.release),
      ]
    }
    let rest = report.ledger.unaccountedKB
    table.rows.append([
      "not accounted for", .init(rest.kibibytesText), .init((rest < 0 ? "-" : "") + percent(rest.magnitude)),
      .init(stroke(UInt64(clamping: rest), of: largest)), "no: drivers, network",
    ])
    table.rows.append([
      .init("all of RAM", .heading), .init(report.ledger.totalKB.kibibytesText, .heading), "100.0", "", "",
    ])
    return table.lines(in: appearance)
  }

  private func percent(_ kb: UInt64) -> String {
    let total = max(1, report.ledger.totalKB)
    // Tenths, to the nearest: a part of 2,000 and half as much.
    let tenths = (total.dividingFullWidth(min(kb, total).multipliedFullWidth(by: 2000)).quotient + 1) / 2
    return "\(tenths / 10).\(tenths % 10)"
  }

  private func stroke(_ kb: UInt64, of largest: UInt64) -> String {
    let width = max(1, largest).dividingFullWidth(min(kb, largest).multipliedFullWidth(by: barWidth))
      .quotient
    return String(repeating: appearance.hasUnicode ? "▇" : "#", count: Int(width))
  }

  // MARK: Zones

  private var zones: [String] {
    let populated = report.zones.filter(\.isPopulated)
    guard !populated.isEmpty else { return [] }
    var table = Table([
      .init("NODE", isRightAligned: true), .init("ZONE"), .init("SIZE", isRightAligned: true),
      .init("FREE", isRightAligned: true), .init("MIN", isRightAligned: true),
      .init("LOW", isRightAligned: true),
      .init("HIGH", isRightAligned: true), .init("FREE STANDS"),
    ])
    func size(_ pages: UInt64?) -> Table.Cell {
      .init(pages.map { ($0 &* report.pageKB).kibibytesText } ?? "-")
    }
    table.rows = populated.map { zone in
      [
        .init("\(zone.node)"), .init(zone.name.printable), size(zone.managedPages), size(zone.freePages),
        size(zone.minPages), size(zone.lowPages), size(zone.highPages),
        .init(zone.standing?.words ?? "-", zone.standing?.colour),
      ]
    }
    return table.lines(in: appearance) + activity
  }

  private var activity: [String] {
    guard let boot = report.activitySinceBoot else { return [] }
    let now = report.activity.map { now -> String in
      let kswapd =
        now.isKswapdAwake.map { $0 ? appearance.paint("awake", .caution) : "asleep" } ?? "not known"
      let direct =
        now.isDirect.map {
          $0
            ? appearance.paint("happening", .bad)
              + ", \(now.directScans ?? 0) pages looked at, \(now.stalls ?? 0) waits"
            : "none"
        } ?? "not known"
      return
        "kswapd is \(kswapd), direct reclaim: \(direct), in the last \(now.interval.microseconds / 1000) ms"
    }
    let counts = [
      boot.kswapdSteals.map { "kswapd freed \(pages($0))" },
      boot.directSteals.map { "allocations by themselves \(pages($0)), waiting \(boot.stalls ?? 0) times" },
      boot.swapOuts.map { "swapped out \(pages($0)), in \(pages(boot.swapIns ?? 0))" },
    ].compactMap { $0 }
    return [now].compactMap { $0 } + ["since boot: " + counts.joined(separator: "; ")]
  }

  private func pages(_ count: UInt64) -> String {
    let (kb, overflowed) = count.multipliedReportingOverflow(by: report.pageKB)
    return (overflowed ? .max : kb).kibibytesText
  }

  // MARK: Shared memory

  private var tmpfs: [String] {
    let used = report.ledger.tmpfs.filter { $0.usedKB > 0 }
    guard !used.isEmpty else { return [] }
    var table = Table([
      .init("TMPFS", canShrink: true), .init("HOLDS", isRightAligned: true),
      .init("SWAPPED", isRightAligned: true),
      .init("MAY GROW TO", isRightAligned: true),
    ])
    table.rows = used.map { tmpfs in
      let place = tmpfs.isElsewhere ? " (other namespace)" : ""
      return [
        .init(tmpfs.path.printable + place), .init(tmpfs.usedKB.kibibytesText),
        .init(tmpfs.swappedKB > 0 ? "~\(tmpfs.swappedKB.kibibytesText)" : "-"),
        .init(tmpfs.limitKB?.kibibytesText ?? "no limit"),
      ]
    }
    return table.lines(in: appearance)
  }

  private var segments: [String] {
    guard !report.segments.isEmpty else { return [] }
    var table = Table([
      .init("SYSTEM V", isRightAligned: true), .init("SIZE", isRightAligned: true),
      .init("RESIDENT", isRightAligned: true), .init("SWAPPED", isRightAligned: true),
      .init("ATTACHED", isRightAligned: true), .init("CREATOR", isRightAligned: true),
      .init("UID", isRightAligned: true), .init("STATE", canShrink: true),
    ])
    table.rows = report.segments.map { segment in
      let states =
        (segment.isLocked ? ["locked"] : [])
        + (segment.isOrphaned ? ["outlives its processes: ipcrm -m \(segment.id)"] : [])
      return [
        .init("\(segment.id)"),
        .init((segment.sizeBytes / 1024 + (segment.sizeBytes % 1024 > 0 ? 1 : 0)).kibibytesText),
        .init(segment.residentBytes.map { ($0 / 1024).kibibytesText } ?? "-"),
        .init(segment.swappedBytes.map { ($0 / 1024).kibibytesText } ?? "-"), .init("\(segment.attachments)"),
        .init("\(segment.creatorPID)"), .init("\(segment.creatorUID)"),
        .init(states.joined(separator: ", "), segment.isOrphaned ? .caution : nil),
      ]
    }
    return table.lines(in: appearance)
  }

  // MARK: What frees what

  private var frees: [String] {
    var table = Table([
      .init("WHAT WOULD FREE MEMORY"), .init("NOW", isRightAligned: true), .init("HOW SURE", canShrink: true),
    ])
    func add(_ what: String, _ release: Releases.Release?) {
      guard let release else { return }
      table.rows.append([.init(what), .init(release.kb.kibibytesText), .init(release.certainty.words)])
    }
    let releases = report.releases
    add("drop_caches 1: clean file cache", releases.caches)
    add("  after sync", releases.syncedCaches)
    add("drop_caches 2: names and inodes", releases.slab)
    add("drop_caches 3: both", releases.cachesAndSlab)
    add("  after sync", releases.syncedCachesAndSlab)
    add("swapping out", releases.swapOut)
    if let victim = report.victim {
      let freed = victim.freedKB.map { Releases.Release(kb: $0, .atLeast) }
      let what = "killing the next victim, \(victim.pid) '\(victim.comm)'"
      if let freed {
        add(what, freed)
      } else {
        table.rows.append([.init(what), "-", "its memory may not be read; run as root"])
      }
    }
    if let orphaned = releases.orphanedSegments, orphaned.kb > 0 {
      add("removing segments nobody is attached to", orphaned)
    }
    return table.rows.isEmpty ? [] : table.lines(in: appearance)
  }

  private var notes: [String] { report.notes.map { "! \($0)".shown(in: appearance) } }
}
