internal import GuardCore
internal import GuardLinux

/// Looks now and then at how short memory is, where the kernel has no triggers.
final class PressureSampler {
  private let root: RootDirectory
  private var sampled: SampledPressure
  private var alarm: PressureAlarm
  /// When the level became what it is, on the wall clock since 1970.
  private(set) var since = Clock.wall()
  private(set) var nextLook: Duration

  /// - Returns: `nil` where there is nothing to look at.
  init?(_ settings: PressureSettings, in root: RootDirectory) {
    guard root.headroom != nil else { return nil }
    self.root = root
    (sampled, alarm) = (SampledPressure(settings), PressureAlarm(settings))
    nextLook = Clock.boot()
  }

  var level: PressureAlarm.Level { alarm.level }
  var nextChange: Duration { min(nextLook, alarm.nextChange ?? nextLook) }

  /// What is looked at, for people.
  var means: String {
    root.pressure != nil
      ? "how long tasks waited and how much memory is left are looked at now and then"
      : "how much memory is left and how often tasks had to reclaim some are looked at now and then"
  }

  /// - Returns: the new level, if it changed.
  func settle(at now: Duration) -> PressureAlarm.Level? {
    var change: PressureAlarm.Level?
    if now >= nextLook {
      let headroom = root.headroom
      let pressure = root.pressure
      let level = sampled.level(
        of: .init(
          at: now, headroom: headroom, pressure: pressure,
          counters: pressure == nil ? root.memoryCounters : nil))
      change = alarm.raised(level, available: headroom?.availableHundredths, at: now)
      nextLook = now + sampled.pause(headroom)
    } else {
      change = alarm.settle(at: now) { root.headroom?.availableHundredths }
    }
    if change != nil { since = Clock.wall() }
    return change
  }
}
