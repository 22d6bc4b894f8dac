internal import GuardCore
internal import GuardLinux
internal import GuardStatus
internal import GuardSystemd

// How short memory is: armed, told, and put in the status.
extension Daemon {
  func armPressure() {
    // The old triggers go first: they are closed, and with that out of the loop.
    pressureWatch = nil
    let watch = PressureWatch(config.pressure, in: root, keeper.survey.cgroupVersion)
    pressureWatch = watch
    do throws(SystemCallError) {
      try watch.watch { (descriptor, number) throws(SystemCallError) in try loopWatch(descriptor, number) }
      degrade(.noPressure, watch.failure)
    } catch {
      watch.giveUp("\(error)")
      degrade(.noPressure, watch.failure)
    }
    coverUnits()
    let isLimited = root.headroom?.isLimited == true
    degrade(.inContainer, isLimited ? whyInContainer : nil)
  }

  private var whyInContainer: String {
    let (all, own) = (root.memory?.totalKB ?? 0, root.headroom?.totalKB ?? 0)
    return
      "/proc tells of a machine with \(all / 1024) MiB, but a cgroup's limit of \(own / 1024) MiB is all there is "
      + "here; that limit and what is taken of it are used instead"
  }

  private func loopWatch(
    _ descriptor: borrowing OwnedDescriptor, _ number: UInt64
  ) throws(SystemCallError) {
    try loop.watch(descriptor, for: .exceptional, token: Source.pressure.token(number))
  }

  /// Brings the units whose pressure is watched in line with those that hold protected processes.
  func coverUnits() {
    guard let watch = pressureWatch else { return }
    let protected = keeper.ledger.entries.values.lazy.filter { $0.kind == .protect }
    let units = Set(protected.compactMap { $0.cgroup?.unitPath })
    let before = watch.wantedUnits
    let changes = watch.cover(units) { (descriptor, number) throws(SystemCallError) in
      try loopWatch(descriptor, number)
    }
    for change in changes { announce(change) }
    degrade(.noUnitPressure, watch.unitFailure)
    if watch.wantedUnits > PressureWatch.maximumUnits, before <= PressureWatch.maximumUnits {
      let limit = PressureWatch.maximumUnits
      tell(
        .config(
          .notice,
          "\(watch.wantedUnits) units hold protected processes; the memory pressure of \(limit) of them is watched"
        ))
    }
  }

  func pressureFired(_ number: UInt64, hasFailed: Bool) {
    let change = pressureWatch?.fired(number, hasFailed: hasFailed, at: Clock.boot())
    if let change { announce(change) }
    // Only a failure changes it.
    if hasFailed { degrade(.noPressure, pressureWatch?.failure) }
  }

  func settlePressure(at now: Duration) {
    guard let watch = pressureWatch, let deadline = watch.deadline, now >= deadline else { return }
    let due = watch.settle(at: now)
    for change in due.changes { announce(change) }
    // Where the level has just changed, that entry said so already.
    if due.hasForecast, let current = watch.current, current.level != .calm { announce(current) }
    if due.isStatusDue { isStatusDue = true }
  }

  private func announce(_ change: PressureWatch.Change) {
    guard let watch = pressureWatch else { return }
    tell(
      .pressure(
        change, source: watch.source,
        exhaustedInSeconds: change.unit == nil ? watch.exhaustedInSeconds : nil,
        fastest: change.unit == nil ? watch.fastest : nil))
    isStatusDue = true
  }

  // MARK: the status

  /// For the line that `systemctl status` shows.
  var pressureSummary: String {
    guard let watch = pressureWatch, let level = watch.level else { return "pressure unknown" }
    let units = watch.unitLevels.filter { $0.level != .calm }
    let end = watch.exhaustedInSeconds.map { ", exhausted in \($0) s at this rate" } ?? ""
    let named = units.prefix(2).map { ", \($0.level.rawValue) in \($0.path.unit?.printable ?? "")" }.joined()
    let more = units.count > 2 ? " and \(units.count - 2) more units" : ""
    return "pressure \(level.rawValue)\(end)\(named)\(more)"
  }

  var pressureStatus: StatusDocument.Pressure {
    let available = root.headroom?.availableHundredths.map { Percent(hundredths: $0) }
    guard let watch = pressureWatch, let level = watch.level else {
      return .init(level: .unknown, availablePercent: available)
    }
    let pressure = root.pressure
    return .init(
      level: .init(level), since: watch.since.map { Timestamp($0) },
      someAvg10: pressure.map { Percent(hundredths: $0.some.avg10) },
      fullAvg10: pressure?.full.map { Percent(hundredths: $0.avg10) },
      someTotalUsec: pressure?.some.totalMicroseconds, fullTotalUsec: pressure?.full?.totalMicroseconds,
      availablePercent: available, source: watch.source, exhaustedInSeconds: watch.exhaustedInSeconds,
      fastest: watch.fastest,
      units: watch.unitLevels.map {
        .init(unit: $0.path.unit?.printable ?? "", level: .init($0.level), since: Timestamp($0.since))
      })
  }
}

extension StatusDocument.Pressure.Level {
  fileprivate init(_ level: PressureAlarm.Level) {
    self =
      switch level {
      case .calm: .calm
      case .warning: .warning
      case .critical: .critical
      }
  }
}
