internal import GuardConfig
internal import GuardCore
internal import GuardLinux

/// Wakes when tasks wait for memory, and says which level that comes to.
final class PressureWatch {
  private let warning, critical: PressureTrigger
  private var alarm: PressureAlarm
  /// When the level became what it is, on the wall clock since 1970.
  private(set) var since: Duration

  /// - Throws: a message for people when the kernel will not have a trigger.
  init(_ settings: PressureSettings, in root: RootDirectory) throws(PressureUnavailable) {
    guard root.isMachine else {
      throw PressureUnavailable(
        why: "\(root.path("/proc/pressure/memory")): triggers need the machine's own /proc")
    }
    do throws(SystemCallError) {
      let text = try root.read("/proc/pressure/memory")
      guard let pressure = try? Pressure(text) else {
        throw SystemCallError(call: "read", subject: root.path("/proc/pressure/memory"), code: 0)
      }
      alarm = PressureAlarm(settings, armedAt: pressure)
    } catch {
      throw PressureUnavailable(why: "\(error)")
    }
    warning = try Self.armed(settings.warning, in: root)
    critical = try Self.armed(settings.critical, in: root)
    since = Clock.wall()
  }

  var level: PressureAlarm.Level { alarm.level }
  var nextChange: Duration? { alarm.nextChange }
  var warningDescriptor: OwnedDescriptor {
    _read { yield warning.descriptor }
  }
  var criticalDescriptor: OwnedDescriptor {
    _read { yield critical.descriptor }
  }

  /// - Returns: the new level, if it changed.
  func triggered(
    _ level: PressureAlarm.Level, pressure: Pressure, available: Int?, at now: Duration
  ) -> PressureAlarm.Level? {
    let change = alarm.triggered(level, pressure: pressure, available: available, at: now)
    if change != nil { since = Clock.wall() }
    return change
  }

  func settle(at now: Duration) -> PressureAlarm.Level? {
    let change = alarm.settle(at: now)
    if change != nil { since = Clock.wall() }
    return change
  }

  private static func armed(
    _ threshold: PressureSettings.Threshold, in root: RootDirectory
  ) throws(PressureUnavailable) -> PressureTrigger {
    do throws(SystemCallError) {
      return try PressureTrigger(threshold, in: root)
    } catch {
      let place = threshold.position.map { "\($0): " } ?? ""
      guard error.isInvalidArgument else { throw PressureUnavailable(why: "\(place)\(error)") }
      throw PressureUnavailable(
        why: """
          \(place)the kernel refuses a window of \(threshold.window.configured); without CAP_SYS_RESOURCE \
          write a multiple of 2s, at most 10s
          """)
    }
  }
}

/// Why there are no triggers.
struct PressureUnavailable: Error, CustomStringConvertible {
  var why: String
  var description: String { why }
}
