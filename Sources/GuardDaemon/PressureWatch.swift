internal import GuardCore
internal import GuardLinux
internal import GuardStatus

/// Knows how short memory is: on the machine, and in the units that hold what is protected.
///
/// While all is calm it does nothing at all, unless there are no triggers: then it looks now and then.
final class PressureWatch {
  /// Each costs the kernel a little with every stall, and some kernels a thread.
  static let maximumUnits = 64

  /// A level that changed: of a unit, or of the machine.
  struct Change {
    var unit: CgroupPath?
    var level: PressureAlarm.Level
    /// What the kernel said of it just then.
    var pressure: Pressure?
    /// What is left, in hundredths of a percent: for a unit, of its nearest limit or of the machine's memory.
    var available: Int?
  }

  private struct Unit {
    let path: CgroupPath
    let group: PressureGroup
  }

  private let settings: PressureSettings
  private let root: RootDirectory
  private let cgroupVersion: CgroupVersion?
  /// The v2 hierarchy; `nil` where there is none, and so no unit's own pressure.
  private let tree: PressureTree?
  private var machine: PressureGroup?
  private var sampler: PressureSampler?
  private var shortage: Shortage?
  /// By a number that is never used again: what is left in the loop of one that is gone, is nobody's.
  private var units: [UInt64: Unit] = [:]
  private var lastNumber: UInt64 = 0
  /// Why there are no triggers for the machine, and what is done instead; `nil` when all is well.
  private(set) var failure: String?
  /// The same of the units.
  private(set) var unitFailure: String?
  /// How many units would be watched if there were no bound.
  private(set) var wantedUnits = 0

  init(_ settings: PressureSettings, in root: RootDirectory, _ cgroupVersion: CgroupVersion?) {
    (self.settings, self.root, self.cgroupVersion) = (settings, root, cgroupVersion)
    tree = root.isMachine ? PressureTree(in: root) : nil
    do throws(PressureUnavailable) {
      guard root.isMachine else {
        throw PressureUnavailable(
          description: "\(root.path("/proc/pressure/memory")): triggers need the machine's own /proc")
      }
      machine = try Self.group(settings, in: root)
    } catch {
      giveUp("\(error)")
    }
  }

  private static func group(
    _ settings: PressureSettings, in root: RootDirectory
  ) throws(PressureUnavailable) -> PressureGroup {
    try PressureGroup(settings) { (threshold) throws(SystemCallError) in
      try PressureTrigger(threshold, in: root)
    }
  }

  /// Whether there were no triggers for the machine, and could be now if all this were made anew. Only asked: where there
  /// still are none, what is sampled goes on from where it is.
  var mayComeBack: Bool {
    machine == nil && root.isMachine && (try? Self.group(settings, in: root)) != nil
  }

  /// There are no triggers, or nothing would ever tell of them.
  func giveUp(_ why: String) {
    machine = nil
    sampler = PressureSampler(settings, in: root)
    failure = "\(why); " + (sampler.map { "instead, \($0.means)" } ?? "nothing can replace it here")
  }

  // MARK: what is told

  /// `nil` where nothing tells it.
  var level: PressureAlarm.Level? { machine?.level ?? sampler?.level }
  var since: Duration? { machine?.since ?? sampler?.since }
  var source: StatusDocument.Pressure.Source? { machine != nil ? .psi : sampler != nil ? .sampled : nil }
  var exhaustedInSeconds: Int? { shortage?.exhaustedInSeconds }
  var fastest: StatusDocument.Pressure.Fastest? { shortage?.fastest }
  /// In the order of their paths.
  var unitLevels: [(path: CgroupPath, level: PressureAlarm.Level, since: Duration)] {
    units.values.map { ($0.path, $0.group.level, $0.group.since) }
      .sorted { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
  }

  // MARK: in the loop

  /// Hands the machine's triggers to the loop, each under its number for ``fired(_:hasFailed:at:)``.
  func watch(
    _ body: (borrowing OwnedDescriptor, UInt64) throws(SystemCallError) -> Void
  ) throws(SystemCallError) {
    try machine?.watch { (descriptor, level) throws(SystemCallError) in
      try body(descriptor, Self.number(0, level))
    }
  }

  /// When ``settle(at:)`` is due; `nil` while all is calm.
  var deadline: Duration? {
    var times = [machine?.nextChange, sampler?.nextChange, shortage?.nextLook]
    times += units.values.map { $0.group.nextChange }
    return times.compactMap { $0 }.min()
  }

  /// A trigger of that number fired, or failed, which ends it.
  ///
  /// - Returns: the level that changed by it.
  func fired(_ number: UInt64, hasFailed: Bool, at now: Duration) -> Change? {
    let (key, level) = (number >> 1, number & 1 == 0 ? PressureAlarm.Level.warning : .critical)
    if key == 0 {
      if hasFailed {
        giveUp("\(root.path(root.pressurePath)): the trigger failed")
        return nil
      }
      guard let change = machine?.fired(level, available: { available }, at: now) else { return nil }
      return told(change, at: now)
    }
    guard let unit = units[key] else { return nil }
    if hasFailed { return drop(key) }
    guard let change = unit.group.fired(level, available: { available(in: unit.path) }, at: now) else {
      return nil
    }
    return told(change, of: unit)
  }

  /// Does what is due at ``deadline``.
  ///
  /// - Returns: levels that changed, whether there is another reason to tell of the machine's, and whether the status
  ///   has changed.
  func settle(at now: Duration) -> (changes: [Change], hasForecast: Bool, isStatusDue: Bool) {
    var changes: [Change] = []
    if let change = machine?.settle(at: now, available: { available }) ?? sampler?.settle(at: now) {
      changes.append(told(change, at: now))
    }
    // A unit may live at its limit for ever, with its cache.
    for unit in units.values {
      if let change = unit.group.settle(at: now) { changes.append(told(change, of: unit)) }
    }
    let (hasForecast, hasMoved) = shortage?.look(at: now) ?? (false, false)
    return (changes, hasForecast, hasMoved)
  }

  /// The machine's level as it is, for another entry about it.
  var current: Change? {
    level.map { Change(unit: nil, level: $0, pressure: root.pressure, available: available) }
  }

  private func told(_ level: PressureAlarm.Level, at now: Duration) -> Change {
    if level == .calm {
      shortage = nil
    } else if shortage == nil {
      shortage = Shortage(in: root, cgroupVersion, at: now)
    }
    return Change(unit: nil, level: level, pressure: root.pressure, available: available)
  }

  private func told(_ level: PressureAlarm.Level, of unit: Unit) -> Change {
    Change(
      unit: unit.path, level: level, pressure: unit.group.pressure, available: available(in: unit.path))
  }

  private var available: Int? { root.headroom?.availableHundredths }

  private func available(in unit: CgroupPath) -> Int? {
    [available, tree?.freeHundredths(of: unit)].compactMap { $0 }.min()
  }

  // MARK: units

  /// Watches these units and no others, as far as there may be that many.
  ///
  /// - Returns: levels of units that are watched no longer, and so are over.
  func cover(
    _ wanted: Set<CgroupPath>,
    watch body: (borrowing OwnedDescriptor, UInt64) throws(SystemCallError) -> Void
  ) -> [Change] {
    wantedUnits = wanted.count
    guard let tree else {
      if root.isMachine, !wanted.isEmpty { unitFailure = "there is no cgroup v2 hierarchy" }
      return []
    }
    // Those that are watched stay, so that none flaps where there are too many.
    let changes = units.filter { !wanted.contains($0.value.path) }.keys.compactMap { drop($0) }
    unitFailure = nil
    guard units.count < Self.maximumUnits else { return changes }
    let watched = Set(units.values.map(\.path))
    let news = wanted.subtracting(watched).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    for path in news.prefix(Self.maximumUnits - units.count) {
      // Of a hybrid hierarchy that may be the part which has none of systemd's units.
      guard tree.holds(path) else { continue }
      do throws(PressureUnavailable) {
        let group = try PressureGroup(settings.ofUnits) { (threshold) throws(SystemCallError) in
          try tree.trigger(threshold, of: path)
        }
        lastNumber += 1
        let key = lastNumber
        do throws(SystemCallError) {
          try group.watch { (descriptor, level) throws(SystemCallError) in
            try body(descriptor, Self.number(key, level))
          }
        } catch {
          throw PressureUnavailable(description: "\(error)")
        }
        units[key] = Unit(path: path, group: group)
      } catch {
        if !error.meansGone || tree.holds(path) { unitFailure = "\(error)" }
      }
    }
    return changes
  }

  private func drop(_ key: UInt64) -> Change? {
    guard let unit = units.removeValue(forKey: key), unit.group.level != .calm else { return nil }
    return Change(unit: unit.path, level: .calm, pressure: nil, available: nil)
  }

  private static func number(_ key: UInt64, _ level: PressureAlarm.Level) -> UInt64 {
    key << 1 | (level == .critical ? 1 : 0)
  }
}

/// The v2 hierarchy, for the pressure of its cgroups. A class only to be kept where there may be none.
private final class PressureTree {
  private let tree: CgroupTree

  init?(in root: RootDirectory) {
    guard let tree = try? CgroupTree(v2In: root) else { return nil }
    self.tree = tree
  }

  func trigger(
    _ threshold: PressureSettings.Threshold, of path: CgroupPath
  ) throws(SystemCallError) -> PressureTrigger {
    try tree.pressureTrigger(threshold, of: path)
  }

  func freeHundredths(of path: CgroupPath) -> Int? { tree.freeHundredths(of: path) }
  func holds(_ path: CgroupPath) -> Bool { tree.holds(path) }
}
