internal import GuardCore
internal import GuardLinux
internal import GuardStatus

/// The kills of this boot, in the shape in which they are told.
struct KillHistory {
  private(set) var total: UInt64
  private(set) var protected: UInt64
  /// Those that no line of the log told of.
  private(set) var unlogged: UInt64
  private(set) var tally: KillTally
  private(set) var last = KeptKills()
  /// Of as many, newest last.
  private var victims: [(pid: Int32?, cgroup: String?)] = []
  private var latest: Timestamp?
  /// The kernel's own count, and how far it is accounted for.
  var count: KillCount
  /// Kill lines up to here have been told, by this daemon or one before it.
  private var toldSequence: UInt64?
  private let bootID: String
  /// On CLOCK_MONOTONIC: of victims before it, nobody here knows what they held.
  private let started = Clock.monotonic()

  init(told: SavedState.Told?, bootID: String) {
    (total, protected, unlogged) = (told?.total ?? 0, told?.protected ?? 0, told?.unlogged ?? 0)
    (toldSequence, tally) = (told?.sequence, told?.tally ?? KillTally())
    count = KillCount(accounted: told?.accounted)
    self.bootID = bootID
  }

  /// What the next daemon has to know.
  var told: SavedState.Told {
    SavedState.Told(
      sequence: toldSequence, total: total, protected: protected, unlogged: unlogged,
      accounted: count.accounted, tally: tally)
  }

  /// Whether a `Killed process` line is new: a daemon before this one has counted those up to where it came.
  func isNew(_ sequence: UInt64?) -> Bool {
    guard let sequence, let toldSequence else { return true }
    return sequence > toldSequence
  }

  /// Puts a kill beside what is known of its victim.
  ///
  /// - Returns: it, and whether it is new: one that a daemon before this one told of is only remembered.
  mutating func add(_ kill: OOMKill, age: Duration, _ place: KillScene.Place, rules: RuleSet) -> (
    kill: StatusDocument.Kill, isNew: Bool
  ) {
    let told = describe(kill, age: age, place, rules: rules)
    remember(told)
    guard isNew(kill.sequence) else { return (told, false) }
    total += 1
    if told.protected == true { protected += 1 }
    if let constraint = place.constraint { tally.add(constraint, isProtected: told.protected == true) }
    noteLine(kill.sequence)
    return (told, true)
  }

  /// The line of a kill that was told already came again.
  mutating func addRepetition(_ sequence: UInt64) {
    if isNew(sequence) { noteLine(sequence) }
  }

  private mutating func noteLine(_ sequence: UInt64?) {
    count.noteLine()
    toldSequence = sequence ?? toldSequence
  }

  /// A kill that only a counter tells of: found now, and it happened at some time since the last look.
  mutating func addUnlogged(in cgroup: CgroupPath?, rules: RuleSet) -> StatusDocument.Kill {
    total += 1
    unlogged += 1
    var told = StatusDocument.Kill(
      id: id("u\(unlogged)"), seq: nil, at: Timestamp(Clock.wall()), victim: .init(),
      source: cgroup == nil ? .vmstat : .memoryEvents)
    if let cgroup {
      told.victim.settle(in: cgroup)
      told.rule = rules.firstAdmitting(cgroup).map { rules.rules[$0].name }
    }
    remember(told)
    return told
  }

  /// Of the kill of this pid that was told last, where it was.
  func cgroup(ofVictim pid: Int32) -> CgroupPath? {
    victims.last { $0.pid == pid }?.cgroup.map { CgroupPath($0.utf8) }
  }

  private mutating func remember(_ kill: StatusDocument.Kill) {
    last.append(kill)
    latest = kill.at
    if victims.count >= StatusDocument.maximumKills { victims.removeFirst() }
    // In a storm most are of one cgroup, whose name is kept once then.
    let isSame = victims.last?.cgroup == kill.victim.cgroup
    victims.append((kill.victim.pid, isSame ? victims.last?.cgroup : kill.victim.cgroup))
  }

  private func id(_ number: String) -> String { "\(bootID.prefix(8))-\(number)" }

  private func describe(
    _ kill: OOMKill, age: Duration, _ place: KillScene.Place, rules: RuleSet
  ) -> StatusDocument.Kill {
    var told = StatusDocument.Kill(kill)
    told.id = kill.sequence.map { id("\($0)") }
    told.at = Timestamp(Clock.wall() - age)
    // What is known of the log's clock becomes exacter with each record: kills stay in order all the same.
    if let before = latest, let at = told.at, at < before,
      before.microsecondsSinceEpoch - at.microsecondsSinceEpoch < 1_000_000
    {
      told.at = before
    }
    if let cgroup = place.cgroup ?? place.home { told.victim.settle(in: cgroup) }
    if place.cgroup == nil { told.victim.cgroup = nil }
    // On v1 memory may be accounted to a slice and not to the unit in it.
    if let home = place.home, place.cgroup?.unitPath == nil || place.cgroup?.isSlice == true {
      told.victim.unit = home.unit?.printable ?? told.victim.unit
    }
    told.constraint = place.constraint.map { .init($0) }
    told.limitCgroup = told.limitCgroup ?? place.limit?.printable
    told.settleLimit(of: place.cgroup, hit: place.limit.map { CgroupPath($0) })
    let wasThere = Clock.monotonic() - age >= started
    told.protected = place.entry.map { $0.kind == .protect && $0.state == .held } ?? (wasThere ? false : nil)
    told.rule =
      place.entry?.rule ?? place.home.flatMap { rules.firstAdmitting($0) }.map { rules.rules[$0].name }
    return told
  }
}

extension Timestamp {
  init(_ sinceEpoch: Duration) { self.init(microsecondsSinceEpoch: sinceEpoch.microseconds) }
}
