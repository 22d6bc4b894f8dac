internal import GuardConfig
internal import GuardCore
internal import GuardLinux

/// All tasks, or those of one unit, of which the kernel tells when they wait for memory.
final class PressureGroup {
  private let warning, critical: PressureTrigger
  private var alarm: PressureAlarm
  /// When the level became what it is, on the wall clock since 1970.
  private(set) var since = Clock.wall()

  /// - Parameter arm: opens and arms one trigger.
  init(
    _ settings: PressureSettings,
    arm: (PressureSettings.Threshold) throws(SystemCallError) -> PressureTrigger
  ) throws(PressureUnavailable) {
    warning = try PressureUnavailable.explaining(settings.warning, arm)
    critical = try PressureUnavailable.explaining(settings.critical, arm)
    alarm = PressureAlarm(settings, armedAt: warning.armedAt)
  }

  var level: PressureAlarm.Level { alarm.level }
  var nextChange: Duration? { alarm.nextChange }

  func watch(
    _ body: (borrowing OwnedDescriptor, PressureAlarm.Level) throws(SystemCallError) -> Void
  ) throws(SystemCallError) {
    try body(warning.descriptor, .warning)
    try body(critical.descriptor, .critical)
  }

  /// What the kernel says of it now; `nil` once its cgroup is gone.
  var pressure: Pressure? { warning.pressure() }

  /// - Parameter available: what is left, in hundredths of a percent; asked for only if it matters.
  /// - Returns: the new level, if it changed.
  func fired(_ level: PressureAlarm.Level, available: () -> Int?, at now: Duration) -> PressureAlarm.Level? {
    guard let pressure else { return nil }
    return noting(alarm.triggered(level, pressure: pressure, available: available(), at: now))
  }

  /// - Parameter available: as above; without it, a level that is over clears whatever is left.
  func settle(at now: Duration, available: () -> Int? = { nil }) -> PressureAlarm.Level? {
    noting(alarm.settle(at: now, available: available))
  }

  private func noting(_ change: PressureAlarm.Level?) -> PressureAlarm.Level? {
    if change != nil { since = Clock.wall() }
    return change
  }
}

/// Why there are no triggers.
struct PressureUnavailable: Error, CustomStringConvertible {
  var description: String
  /// What it is about is gone, which is no failure.
  var meansGone = false

  /// Arms a trigger; a window the kernel refuses is told of with the place where it was written.
  static func explaining(
    _ threshold: PressureSettings.Threshold,
    _ arm: (PressureSettings.Threshold) throws(SystemCallError) -> PressureTrigger
  ) throws(Self) -> PressureTrigger {
    do throws(SystemCallError) {
      return try arm(threshold)
    } catch {
      guard error.isInvalidArgument else {
        throw Self(description: "\(error)", meansGone: error.meansGone || error.isNoDevice)
      }
      let place = threshold.position.map { "\($0): " } ?? ""
      throw Self(
        description: """
          \(place)the kernel refuses a window of \(threshold.window.configured); without CAP_SYS_RESOURCE \
          write a multiple of 2s, at most 10s
          """)
    }
  }
}
