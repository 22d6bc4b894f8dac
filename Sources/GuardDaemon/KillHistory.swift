internal import GuardCore
internal import GuardLinux
internal import GuardStatus

/// The kills of this boot, in the shape in which they are told.
struct KillHistory {
  private(set) var total: UInt64
  private(set) var protected: UInt64
  private(set) var last: [StatusDocument.Kill] = []
  /// Kills up to here have been told, by this daemon or one before it.
  private(set) var toldSequence: UInt64?
  private let bootID: String
  /// On the log's clock: of victims before it, nobody here knows what they held.
  private let started = Clock.monotonic()

  init(told: SavedState.Told?, bootID: String) {
    (total, protected, toldSequence) = (told?.total ?? 0, told?.protected ?? 0, told?.sequence)
    self.bootID = bootID
  }

  /// Puts a kill beside what is known of its victim.
  ///
  /// - Returns: it, and whether it is new: one that a daemon before this one told of is only remembered.
  mutating func add(_ kill: OOMKill, ledger: Ledger, rules: RuleSet) -> (
    kill: StatusDocument.Kill, isNew: Bool
  ) {
    let told = describe(kill, ledger: ledger, rules: rules)
    last.append(told)
    if last.count > StatusDocument.maximumKills { last.removeFirst() }
    if let sequence = kill.sequence, let toldSequence, sequence <= toldSequence { return (told, false) }
    total += 1
    if told.protected == true { protected += 1 }
    toldSequence = kill.sequence ?? toldSequence
    return (told, true)
  }

  /// What the next daemon has to know.
  var told: SavedState.Told? {
    toldSequence.map { SavedState.Told(sequence: $0, total: total, protected: protected) }
  }

  private func describe(_ kill: OOMKill, ledger: Ledger, rules: RuleSet) -> StatusDocument.Kill {
    let victim = kill.victim
    // The pid alone: its process is gone, and a survey that saw it gone has taken it off the ledger.
    let entry = ledger.entries[victim.pid].flatMap { victim.comm == nil || $0.comm == victim.comm ? $0 : nil }
    let cgroup = victim.cgroup.map { CgroupPath($0) } ?? entry?.cgroup
    let rule = entry?.rule ?? cgroup.flatMap { rules.firstAdmitting($0) }.map { rules.rules[$0].name }
    let unit = cgroup?.unit ?? entry?.cgroup?.unit
    var told = StatusDocument.Kill(kill)
    told.id = "\(bootID.prefix(8))-\(kill.sequence.map { "\($0)" } ?? "u\(total)")"
    told.at = time(of: kill)
    (told.victim.unit, told.victim.cgroup) = (unit?.printable, cgroup?.description)
    // Where the kernel left out the line with the constraint, the words of the kill line tell a memory
    // cgroup's limit from the others.
    told.constraint = told.constraint ?? (kill.limitKind == .memcg ? .memcg : nil)
    told.protected = entry.map { $0.kind == .protect && $0.state == .held } ?? (isOurs(kill) ? false : nil)
    told.rule = rule
    return told
  }

  /// Whether this daemon was there when it happened.
  private func isOurs(_ kill: OOMKill) -> Bool {
    kill.microseconds.map { .microseconds(Int64(clamping: $0)) >= started } ?? false
  }

  /// The kernel's stamp, on the wall clock. The log's clock stands still while the machine sleeps, as
  /// CLOCK_MONOTONIC does.
  private func time(of kill: OOMKill) -> Timestamp {
    let now = Clock.wall()
    guard let microseconds = kill.microseconds else { return Timestamp(now) }
    let age = Clock.monotonic() - .microseconds(Int64(clamping: microseconds))
    return Timestamp(now - max(.zero, age))
  }
}

extension Timestamp {
  init(_ sinceEpoch: Duration) { self.init(microsecondsSinceEpoch: sinceEpoch.microseconds) }
}
