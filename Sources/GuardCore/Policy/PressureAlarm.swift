/// Turns triggers of the kernel into a level that is raised once and cleared once.
///
/// A level holds for `clearAfter` from the last trigger that counted; each further one prolongs it, so
/// a level cannot flap faster than that. No less than two windows, since a trigger fires at most once in each: while
/// the pressure lasts, a shorter time would be over between two of them. Nor does it fall while next to nothing is left:
/// a machine that hardly moves any more stalls in bursts, with half a minute of silence between. Holds no clock: times are
/// ``Duration`` since boot.
package struct PressureAlarm: Equatable, Sendable {
  package enum Level: String, Sendable { case calm, warning, critical }

  package private(set) var level = Level.calm
  private let settings: PressureSettings
  private var warning, critical: Watch

  /// One threshold: what the stall time was when its trigger was last believed or doubted.
  private struct Watch: Equatable, Sendable {
    let threshold: PressureSettings.Threshold
    var total: UInt64
    var lastRaised: Duration?

    init(_ threshold: PressureSettings.Threshold, _ pressure: Pressure?) {
      self.threshold = threshold
      total = pressure?.totalMicroseconds(of: threshold.kind) ?? 0
    }

    mutating func fired(_ pressure: Pressure, isShort: Bool, at now: Duration) {
      let before = total
      total = pressure.totalMicroseconds(of: threshold.kind)
      if isShort, total > before, total - before >= threshold.stallMicroseconds { lastRaised = now }
    }
  }

  /// - Parameter pressure: read just before the triggers are armed; `nil` where there are none, and
  ///   ``raised(_:at:)`` tells what was found otherwise.
  package init(_ settings: PressureSettings, armedAt pressure: Pressure? = nil) {
    self.settings = settings
    (warning, critical) = (Watch(settings.warning, pressure), Watch(settings.critical, pressure))
  }

  /// One of the triggers fired. `available` is what is left of the memory, in hundredths of a percent; `nil` where
  /// the kernel does not tell it, which then cannot hold a level back.
  ///
  /// It counts only if the stall time really grew by as much as the trigger claims (kernels have fired
  /// falsely once after arming), and only while memory is short.
  ///
  /// - Returns: the new level, if it changed.
  package mutating func triggered(
    _ raised: Level, pressure: Pressure, available: Int?, at now: Duration
  ) -> Level? {
    let isShort = settings.isShort(available: available)
    switch raised {
    case .warning: warning.fired(pressure, isShort: isShort, at: now)
    case .critical: critical.fired(pressure, isShort: isShort, at: now)
    case .calm: break
    }
    return settle(at: now) { available }
  }

  /// A look, and no trigger, found this level: it counts as it is. `available` as above.
  ///
  /// - Returns: the new level, if it changed.
  package mutating func raised(_ level: Level, available: Int?, at now: Duration) -> Level? {
    switch level {
    case .warning: warning.lastRaised = now
    case .critical: critical.lastRaised = now
    case .calm: break
    }
    return settle(at: now) { available }
  }

  /// Clears what is over. Call at ``nextChange``. What is `available`, as above, is asked for only before the level falls.
  package mutating func settle(at now: Duration, available: () -> Int?) -> Level? {
    func holds(_ watch: Watch) -> Bool { end(of: watch).map { now < $0 } ?? false }
    let next: Level = holds(critical) ? .critical : holds(warning) ? .warning : .calm
    if next < level, settings.isNearlyGone(available: available()) {
      if level == .critical { critical.lastRaised = now } else { warning.lastRaised = now }
      return nil
    }
    defer { level = next }
    return next == level ? nil : next
  }

  /// When the level may change without another trigger; `nil` while calm.
  package var nextChange: Duration? {
    switch level {
    case .calm: nil
    case .warning: end(of: warning)
    case .critical: end(of: critical)
    }
  }

  private func end(of watch: Watch) -> Duration? {
    watch.lastRaised.map { $0 + max(settings.clearAfter, watch.threshold.window * 2) }
  }
}

extension Pressure {
  package func totalMicroseconds(of kind: PressureSettings.Threshold.Kind) -> UInt64 {
    switch kind {
    case .some: some.totalMicroseconds
    case .full: full?.totalMicroseconds ?? 0
    }
  }
}

extension PressureSettings {
  /// Whether so little is left that a level may be raised. `available` is in hundredths of a percent of all
  /// memory; what nobody tells holds nothing back.
  package func isShort(available: Int?) -> Bool {
    availableBelowPercent >= 100 || available.map { $0 < availableBelowPercent * 100 } ?? true
  }

  /// Whether so little is left that no level falls: a quarter of that.
  package func isNearlyGone(available: Int?) -> Bool { available.map { $0 < part(4) } ?? false }

  /// One part of so many of the share below which levels may be raised, in hundredths of a percent. With the gate off
  /// there is no share to go by but the usual one.
  package func part(_ count: Int) -> Int {
    (availableBelowPercent < 100 ? availableBelowPercent : 20) * 100 / count
  }

  /// The same for one unit of many: windows that the kernel serves without a real-time thread for each
  /// group. Source: kernel/sched/psi.c, psi_trigger_create: multiples of 2 s.
  package var ofUnits: PressureSettings {
    var settings = self
    for threshold in [\PressureSettings.warning, \.critical] {
      let step = Duration.seconds(2)
      let steps = (settings[keyPath: threshold].window + step - .nanoseconds(1)) / step
      settings[keyPath: threshold].window = step * Int(steps)
    }
    return settings
  }
}

extension PressureSettings.Threshold {
  /// The stall within one window that fires the trigger.
  package var stallMicroseconds: UInt64 {
    let (seconds, attoseconds) = window.components
    let window = UInt64(max(0, seconds)) * 1_000_000 + UInt64(max(0, attoseconds)) / 1_000_000_000_000
    return window * UInt64(max(0, percent)) / 100
  }
}
