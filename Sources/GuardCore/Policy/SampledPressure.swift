/// Levels of pressure from looks taken now and then, where the kernel triggers nothing.
///
/// Where it at least counts stall time, the same thresholds hold. Where it does not, tasks that had to reclaim memory
/// themselves tell of a shortage, and so does what is left. Holds no clock.
package struct SampledPressure: Equatable, Sendable {
  package struct Look: Equatable, Sendable {
    package var at: Duration
    package var headroom: Headroom?
    package var pressure: Pressure?
    package var counters: VMStat?

    package init(at: Duration, headroom: Headroom?, pressure: Pressure?, counters: VMStat?) {
      (self.at, self.headroom, self.pressure, self.counters) = (at, headroom, pressure, counters)
    }
  }

  /// Direct reclaim happens for lack of large blocks too, a few times a second on a machine that is well.
  private static let stallsPerSecond = 10.0
  /// Memory cannot go faster than this for long: a look is due before what is left could be gone.
  private static let fillKBPerSecond: UInt64 = 1 << 20
  private static let pauses = (shortest: Duration.milliseconds(500), longest: Duration.seconds(30))

  private let settings: PressureSettings
  private var last: Look?

  package init(_ settings: PressureSettings) { self.settings = settings }

  /// - Returns: the level this look speaks for, compared with the last one.
  package mutating func level(of look: Look) -> PressureAlarm.Level {
    defer { last = look }
    let available = look.headroom?.availableHundredths
    guard settings.isShort(available: available) else { return .calm }
    if look.pressure != nil { return stalled(look) }
    return max(reclaimed(look), lacking(available))
  }

  private func stalled(_ look: Look) -> PressureAlarm.Level {
    guard let before = last?.pressure, let now = look.pressure, let elapsed = elapsed(look) else {
      return .calm
    }
    func isOver(_ threshold: PressureSettings.Threshold) -> Bool {
      let (was, total) = (
        before.totalMicroseconds(of: threshold.kind), now.totalMicroseconds(of: threshold.kind)
      )
      return total > was && Double(total - was) >= elapsed * 10_000 * Double(threshold.percent)
    }
    return isOver(settings.critical) ? .critical : isOver(settings.warning) ? .warning : .calm
  }

  private func reclaimed(_ look: Look) -> PressureAlarm.Level {
    guard let before = last?.counters, let now = look.counters, let elapsed = elapsed(look),
      let stalls = Self.growth(before.allocationStalls, now.allocationStalls),
      Double(stalls) >= Self.stallsPerSecond * elapsed
    else { return .calm }
    guard let scans = Self.growth(before.directScans, now.directScans),
      let steals = Self.growth(before.directSteals, now.directSteals)
    else { return .warning }
    // It looks at more than twice what it wins: what is left is in use.
    return scans / 2 > steals ? .critical : .warning
  }

  /// Less than half of the gate left is pressure by itself: a leak without swap stalls nobody until it ends.
  private func lacking(_ available: Int?) -> PressureAlarm.Level {
    guard let available else { return .calm }
    if settings.isNearlyGone(available: available) { return .critical }
    return available < settings.part(2) ? .warning : .calm
  }

  /// In seconds.
  private func elapsed(_ look: Look) -> Double? {
    guard let last, look.at > last.at else { return nil }
    return (look.at - last.at) / .seconds(1)
  }

  private static func growth(_ before: UInt64?, _ now: UInt64?) -> UInt64? {
    guard let before, let now else { return nil }
    return now > before ? now - before : 0
  }

  /// How long the next look may wait: the longer the more is left above the gate.
  package func pause(_ headroom: Headroom?) -> Duration {
    guard let headroom, let available = headroom.availableKB else { return .seconds(1) }
    let gate = headroom.totalKB / 100 &* UInt64(settings.availableBelowPercent)
    // More than this is no machine's, and any of it is the longest pause.
    let spare = available > gate ? min(available - gate, 1 << 40) : 0
    let pause = Duration.milliseconds(Int64(spare * 1000 / Self.fillKBPerSecond))
    return min(max(pause, Self.pauses.shortest), Self.pauses.longest)
  }
}

extension PressureAlarm.Level: Comparable {
  private var rank: Int {
    switch self {
    case .calm: 0
    case .warning: 1
    case .critical: 2
    }
  }

  package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}
