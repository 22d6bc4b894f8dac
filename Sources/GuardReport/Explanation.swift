package import GuardCore
package import GuardStatus

/// What `oomguardctl explain` knows of one process: its score and who set it, the rule that means it, and what
/// the kernel would make of it.
package struct Explanation: Sendable {
  /// The rule that means the process, by the configuration as it is in the files now.
  package struct Promise: Equatable, Sendable {
    package var rule: Rule
    package var score: OOMScoreAdj
    /// RAM and swap, with which an allowance is converted; in KiB.
    package var ramKB, swapKB: UInt64
  }

  /// What the daemon says of the process in its status.
  package struct Told: Equatable, Sendable {
    package var rule: String
    package var process: StatusDocument.Process
  }

  package struct Parent: Equatable, Sendable {
    package var pid: Int32
    package var comm: String
    package var score: OOMScoreAdj
  }

  /// Where the process stands among those the kernel would choose from if the machine ran out of memory.
  package enum Standing: Equatable, Sendable {
    /// 1 is the next victim.
    case rank(Int, of: Int)
    case never(OOMCandidate.Exemption)
    /// Not all processes can be seen.
    case unknown
  }

  /// Whether it may fork, and by what reckoning.
  package struct Fork: Equatable, Sendable {
    package var isAllowed: Bool?
    package var mode: Overcommit.Mode
    package var charge: Overcommit.Charge
    package var roomKB: UInt64?
  }

  package var pid: Int32
  package var comm: String
  package var unit: String?
  package var cgroup: String?
  package var promise: Promise?
  /// `false` where the rules, or what they ask for, could not be read.
  package var isRuleKnown = true
  package var told: Told?
  package var score: OOMScoreAdj
  package var parent: Parent?
  package var status: ProcessStatus
  /// `nil` where it may not be read.
  package var shared: SharedSizes?
  package var scale: BadnessScale
  /// In pages; `nil` for a process that is never chosen.
  package var badness: Int64?
  package var standing: Standing
  /// `nil` where the kernel does not say how it counts.
  package var fork: Fork?
  /// What could not be found out, and why.
  package var notes: [String] = []

  /// The daemon's rule counts where the files could not be read, or not all that they ask for.
  package var ruleName: String? { promise?.rule.name ?? told?.rule }

  package var base: Int16? { told?.process.base }

  /// Whether oomguard wrote the score; `nil` where nobody can say.
  package var isSetByOomguard: Bool? {
    guard let told, told.process.score == score.value, let base else { return nil }
    return told.process.state == .held && base != score.value
  }

  /// Whether a promise is broken, by the daemon's word where the rule may not be read. Under `scope = "main"` only the daemon knows whether it is made to this process.
  package var isBroken: Bool {
    guard let promise else { return told.map { !$0.process.state.isFine } ?? false }
    guard promise.rule.scope != .main || told != nil else { return false }
    return !promise.rule.isKept(by: score, promised: promise.score)
  }

  package var exitStatus: ExitStatus { isBroken ? .finding : .fine }
}

extension Explanation: Encodable {
  private enum CodingKeys: String, CodingKey {
    case pid, comm, unit, cgroup, rule, promise, score, base
    case setBy = "set_by"
    case badnessKB = "badness_kb"
    case scaleKB = "scale_kb"
    case memory
    case wouldBeKilled = "would_be_killed"
    case forkAllowed = "fork_allowed"
    case fork, notes
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(pid, forKey: .pid)
    try container.encode(comm, forKey: .comm)
    try container.encodeIfPresent(unit, forKey: .unit)
    try container.encodeIfPresent(cgroup, forKey: .cgroup)
    try container.encodeIfPresent(ruleName, forKey: .rule)
    try container.encodeIfPresent(promise.map(PromiseAnswer.init), forKey: .promise)
    try container.encode(score.value, forKey: .score)
    try container.encodeIfPresent(base, forKey: .base)
    try container.encodeIfPresent(isSetByOomguard == true ? "oomguard" : nil, forKey: .setBy)
    try container.encodeIfPresent(badness.map(scale.kilobytes), forKey: .badnessKB)
    try container.encode(scale.kilobytes(scale.pages), forKey: .scaleKB)
    try container.encode(MemoryAnswer(status: status, shared: shared), forKey: .memory)
    try container.encodeIfPresent(standing.word, forKey: .wouldBeKilled)
    try container.encodeIfPresent(fork?.isAllowed, forKey: .forkAllowed)
    try container.encodeIfPresent(fork.map(ForkAnswer.init), forKey: .fork)
    try container.encode(notes, forKey: .notes)
  }
}

extension Explanation.Standing {
  /// `next`, `rank 4`, `never`; `nil` where it is not known.
  package var word: String? {
    switch self {
    case .rank(1, _): "next"
    case .rank(let rank, _): "rank \(rank)"
    case .never: "never"
    case .unknown: nil
    }
  }
}

private struct PromiseAnswer: Encodable {
  var rule, kind: String
  var position: String
  var scope: String?
  var score: Int16
  /// How the rule says it: one of the three.
  var asScore: Int16?
  var allowanceKB: UInt64?
  var oomAdj: Int?
  var ramKB, swapKB: UInt64

  init(_ promise: Explanation.Promise) {
    (rule, kind) = (promise.rule.name, promise.rule.kind.rawValue)
    (position, scope) = ("\(promise.rule.position)", promise.rule.scope?.rawValue)
    (score, ramKB, swapKB) = (promise.score.value, promise.ramKB, promise.swapKB)
    switch promise.rule.amount {
    case .score(let score): asScore = score.value
    case .allowance(let bytes): allowanceKB = bytes / 1024
    case .oomAdj(let value): oomAdj = value
    }
  }

  private enum CodingKeys: String, CodingKey {
    case rule, kind, position, scope, score
    case asScore = "as_score"
    case allowanceKB = "as_allowance_kb"
    case oomAdj = "as_oom_adj"
    case ramKB = "ram_kb"
    case swapKB = "swap_kb"
  }
}

private struct MemoryAnswer: Encodable {
  var status: ProcessStatus
  var shared: SharedSizes?

  private enum CodingKeys: String, CodingKey {
    case totalVMKB = "total_vm_kb"
    case rssKB = "rss_kb"
    case anonRSSKB = "anon_rss_kb"
    case fileRSSKB = "file_rss_kb"
    case shmemRSSKB = "shmem_rss_kb"
    case swapKB = "swap_kb"
    case pgtablesKB = "pgtables_kb"
    case lockedKB = "locked_kb"
    case pssKB = "pss_kb"
    case privateKB = "private_kb"
    case swapPSSKB = "swap_pss_kb"
    case anonHugeKB = "anon_huge_kb"
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(status.totalVMKB, forKey: .totalVMKB)
    try container.encodeIfPresent(status.rssKB, forKey: .rssKB)
    try container.encodeIfPresent(status.anonRSSKB, forKey: .anonRSSKB)
    try container.encodeIfPresent(status.fileRSSKB, forKey: .fileRSSKB)
    try container.encodeIfPresent(status.shmemRSSKB, forKey: .shmemRSSKB)
    try container.encodeIfPresent(status.swapKB, forKey: .swapKB)
    try container.encodeIfPresent(status.pgtablesKB, forKey: .pgtablesKB)
    try container.encodeIfPresent(status.lockedKB, forKey: .lockedKB)
    try container.encodeIfPresent(shared?.pssKB, forKey: .pssKB)
    try container.encodeIfPresent(shared?.privateKB, forKey: .privateKB)
    try container.encodeIfPresent(shared?.swapPSSKB, forKey: .swapPSSKB)
    try container.encodeIfPresent(shared?.anonHugeKB, forKey: .anonHugeKB)
  }
}

private struct ForkAnswer: Encodable {
  var overcommitMemory: Int
  var chargeKB, largestMappingKB: UInt64?
  var isUpperBound: Bool?
  var roomKB: UInt64?

  init(_ fork: Explanation.Fork) {
    (overcommitMemory, roomKB) = (fork.mode.rawValue, fork.roomKB)
    (chargeKB, largestMappingKB) = (fork.charge.totalKB, fork.charge.largestMappingKB)
    isUpperBound = fork.charge.isUpperBound
  }

  private enum CodingKeys: String, CodingKey {
    case overcommitMemory = "overcommit_memory"
    case chargeKB = "charge_kb"
    case largestMappingKB = "largest_mapping_kb"
    case isUpperBound = "is_upper_bound"
    case roomKB = "room_kb"
  }
}
