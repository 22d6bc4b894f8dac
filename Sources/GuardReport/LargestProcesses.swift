internal import GuardCore
package import GuardLinux

/// The processes that have the most memory, as `oomguardctl memory --top N` shows them.
package struct LargestProcesses: Sendable {
  struct Entry: Sendable {
    var pid: Int32
    var comm: String
    var unit: String?
    var status: ProcessStatus
    /// `nil` where it may not be read.
    var shared: SharedSizes?

    var wholeKB: UInt64 { (status.rssKB ?? 0) &+ (status.swapKB ?? 0) }
  }

  let entries: [Entry]
  package let notes: [String]

  /// - Throws: where /proc cannot be listed.
  package init(_ count: Int, in root: RootDirectory) throws(SystemCallError) {
    let proc = try ProcDirectory(in: root)
    let version = (try? CgroupTree(in: root))?.version
    let sizes = try proc.pids().compactMap { pid -> (pid: Int32, status: ProcessStatus, wholeKB: UInt64)? in
      guard let process = try? proc.process(pid), let text = try? process.read("status") else { return nil }
      let status = ProcessStatus(text)
      guard let rss = status.rssKB else { return nil }
      return (pid, status, rss &+ (status.swapKB ?? 0))
    }
    entries = sizes.sorted { ($0.wholeKB, $1.pid) > ($1.wholeKB, $0.pid) }.prefix(count).compactMap { size in
      guard let process = try? proc.process(size.pid), let comm = try? process.stat().comm else { return nil }
      return Entry(
        pid: size.pid, comm: comm.printable, unit: version.flatMap { process.cgroup($0) }?.unit?.printable,
        status: size.status, shared: (try? process.read("smaps_rollup")).map { SharedSizes($0) })
    }
    var notes: [String] = []
    if proc.hidesProcesses() {
      notes.append("other users' processes are hidden here; run as root to see all")
    } else if entries.contains(where: { $0.shared?.privateKB == nil }) {
      notes.append(
        "what is shared may not be read of all" + (OwnProcess.effectiveUID == 0 ? "" : "; run as root"))
    }
    self.notes = notes
  }

  package func lines(in appearance: Appearance) -> [String] {
    var table = Table([
      .init("PID", isRightAligned: true), .init("COMM", canShrink: true), .init("UNIT", canShrink: true),
      .init("RESIDENT", isRightAligned: true), .init("DIVIDED", isRightAligned: true),
      .init("ITS OWN", isRightAligned: true), .init("SHARED MEM", isRightAligned: true),
      .init("SWAPPED", isRightAligned: true), .init("LOCKED", isRightAligned: true),
    ])
    func size(_ kb: UInt64?) -> Table.Cell { .init(kb?.kibibytesText ?? "-") }
    table.rows = entries.map { entry in
      [
        .init("\(entry.pid)"), .init(entry.comm), .init(entry.unit ?? "-"), size(entry.status.rssKB),
        size(entry.shared?.pssKB), size(entry.shared?.privateKB), size(entry.status.shmemRSSKB),
        size(entry.status.swapKB), size(entry.status.lockedKB),
      ]
    }
    return table.lines(in: appearance) + notes.map { "! \($0)".shown(in: appearance) }
  }
}

extension LargestProcesses: Encodable {
  private enum CodingKeys: String, CodingKey { case processes, notes }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(entries, forKey: .processes)
    try container.encode(notes, forKey: .notes)
  }
}

extension LargestProcesses.Entry: Encodable {
  private enum CodingKeys: String, CodingKey {
    case pid, comm, unit
    case rssKB = "rss_kb"
    case anonRSSKB = "anon_rss_kb"
    case fileRSSKB = "file_rss_kb"
    case shmemRSSKB = "shmem_rss_kb"
    case pssKB = "pss_kb"
    case privateKB = "private_kb"
    case swapKB = "swap_kb"
    case lockedKB = "locked_kb"
    case pgtablesKB = "pgtables_kb"
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(pid, forKey: .pid)
    try container.encode(comm, forKey: .comm)
    try container.encodeIfPresent(unit, forKey: .unit)
    try container.encodeIfPresent(status.rssKB, forKey: .rssKB)
    try container.encodeIfPresent(status.anonRSSKB, forKey: .anonRSSKB)
    try container.encodeIfPresent(status.fileRSSKB, forKey: .fileRSSKB)
    try container.encodeIfPresent(status.shmemRSSKB, forKey: .shmemRSSKB)
    try container.encodeIfPresent(shared?.pssKB, forKey: .pssKB)
    try container.encodeIfPresent(shared?.privateKB, forKey: .privateKB)
    try container.encodeIfPresent(status.swapKB, forKey: .swapKB)
    try container.encodeIfPresent(status.lockedKB, forKey: .lockedKB)
    try container.encodeIfPresent(status.pgtablesKB, forKey: .pgtablesKB)
  }
}
