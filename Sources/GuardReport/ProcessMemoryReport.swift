package import GuardCore
package import GuardLinux

/// What `oomguardctl memory PID` knows: what a process's memory is, and what of it goes when it ends.
package struct ProcessMemoryReport: Sendable {
  package var pid: Int32
  package var comm: String
  package var unit: String?
  package var status: ProcessStatus
  /// `nil` where its mappings may not be read.
  package var mappings: ProcessMappings?
  package var atExit: ExitEffect?
  package var notes: [String] = []

  /// - Parameter pid: of a process or of one of its threads, which stands for it.
  package init(of pid: Int32, in root: RootDirectory) throws(ExplanationProblem) {
    let proc: ProcDirectory
    do throws(SystemCallError) { proc = try ProcDirectory(in: root) } catch {
      throw .unreadable("\(error)", isNotPermitted: error.isNotPermitted)
    }
    let named = (try? proc.process(pid).read("status")).flatMap { ProcessStatus($0).threadGroupID }
    guard let process = try? proc.process(named ?? pid), let text = try? process.read("status") else {
      throw .noProcess(pid)
    }
    guard let stat = try? process.stat() else { throw .noProcess(pid) }
    (self.pid, comm, status) = (stat.pid, stat.comm.printable, ProcessStatus(text))
    let version = (try? CgroupTree(in: root))?.version
    unit = version.flatMap { process.cgroup($0) }?.unit?.printable
    do throws(SystemCallError) {
      let mappings = try process.mappings(tmpfs: process.tmpfsDevices())
      atExit = ExitEffect(
        mappings, pgtablesKB: status.pgtablesKB ?? 0, segments: root.sharedSegments ?? [])
      self.mappings = mappings
    } catch {
      notes.append(
        error.isNotPermitted
          ? "its mappings may not be read, only their sum is known"
            + (OwnProcess.effectiveUID == 0 ? "" : "; run as root")
          : "its mappings could not be read: \(error.reason)")
    }
  }

  package var exitStatus: ExitStatus { mappings == nil && status.rssKB != nil ? .notPermitted : .fine }
}

extension ProcessMemoryReport: Encodable {
  private enum CodingKeys: String, CodingKey {
    case pid, comm, unit
    case rssKB = "rss_kb"
    case pssKB = "pss_kb"
    case swapKB = "swap_kb"
    case lockedKB = "locked_kb"
    case pgtablesKB = "pgtables_kb"
    case parts
    case atExit = "at_exit"
    case notes
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(pid, forKey: .pid)
    try container.encode(comm, forKey: .comm)
    try container.encodeIfPresent(unit, forKey: .unit)
    try container.encodeIfPresent(status.rssKB, forKey: .rssKB)
    try container.encodeIfPresent(mappings?.proportionalKB, forKey: .pssKB)
    try container.encodeIfPresent(status.swapKB, forKey: .swapKB)
    try container.encodeIfPresent(status.lockedKB, forKey: .lockedKB)
    try container.encodeIfPresent(status.pgtablesKB, forKey: .pgtablesKB)
    try container.encodeIfPresent(
      mappings.map { mappings in
        ProcessMappings.Kind.allCases.compactMap { kind in mappings.parts[kind].map { PartAnswer(kind, $0) } }
      }, forKey: .parts)
    try container.encodeIfPresent(atExit.map(ExitAnswer.init), forKey: .atExit)
    try container.encode(notes, forKey: .notes)
  }
}

private struct PartAnswer: Encodable {
  var kind: String
  var rssKB, privateKB, swapKB, lockedKB: UInt64

  private enum CodingKeys: String, CodingKey {
    case kind
    case rssKB = "rss_kb"
    case privateKB = "private_kb"
    case swapKB = "swap_kb"
    case lockedKB = "locked_kb"
  }

  init(_ kind: ProcessMappings.Kind, _ sizes: ProcessMappings.Sizes) {
    self.kind = kind.rawValue
    (rssKB, privateKB, swapKB, lockedKB) =
      (sizes.residentKB, sizes.privateKB, sizes.swappedKB, sizes.lockedKB)
  }
}

private struct ExitAnswer: Encodable {
  struct RestAnswer: Encodable {
    /// `others`, `cache`, `file`, `segment`.
    var reason: String
    var name: String?
    var kb: UInt64
  }

  var freedKB, freedSwapKB: UInt64
  var stays: [RestAnswer]

  private enum CodingKeys: String, CodingKey {
    case freedKB = "freed_kb"
    case freedSwapKB = "freed_swap_kb"
    case stays
  }

  init(_ effect: ExitEffect) {
    (freedKB, freedSwapKB) = (effect.freedKB, effect.freedSwapKB)
    stays = effect.stays.map {
      RestAnswer(reason: $0.reason.rawValue, name: $0.name?.printable, kb: $0.kb)
    }
  }
}
