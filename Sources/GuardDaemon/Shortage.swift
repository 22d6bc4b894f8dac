internal import GuardCore
internal import GuardLinux
internal import GuardStatus

/// What is looked at only while memory is short: how long it will last, and who takes it.
final class Shortage {
  /// A look at what is left costs one small file.
  private static let pause = Duration.seconds(1)
  /// A look at all processes may take so much of one core: one part in this many.
  private static let costLimit = 20

  private let root: RootDirectory
  private let proc: ProcDirectory
  private let cgroupVersion: CgroupVersion?
  private var trend = MemoryTrend()
  private var growth = Growth()
  private(set) var nextLook: Duration
  private var nextGrowthLook: Duration
  private(set) var exhaustedInSeconds: Int?
  private(set) var fastest: StatusDocument.Pressure.Fastest?
  /// What was told last of how long memory will last.
  private var told: Int?

  init?(in root: RootDirectory, _ cgroupVersion: CgroupVersion?, at now: Duration) {
    guard let proc = try? ProcDirectory(in: root) else { return nil }
    self.proc = proc
    (self.root, self.cgroupVersion) = (root, cgroupVersion)
    (nextLook, nextGrowthLook) = (now, now)
  }

  /// Looks, if it is time.
  ///
  /// - Returns: whether there is news to tell: memory will be exhausted, which was not known before.
  func look(at now: Duration) -> (isNews: Bool, hasMoved: Bool) {
    guard now >= nextLook else { return (false, false) }
    nextLook = now + Self.pause
    if let left = root.headroom?.leftKB { trend.add(leftKB: left, at: now) }
    exhaustedInSeconds = trend.exhaustedInSeconds
    // The entry that tells of it names who brings it about: for that one, whatever the look costs.
    if now >= nextGrowthLook || (exhaustedInSeconds != nil && told == nil) {
      lookForGrowth(at: now)
      nextGrowthLook = now + max(Self.pause, (Clock.boot() - now) * Self.costLimit)
    }
    guard let seconds = exhaustedInSeconds else { return (false, false) }
    defer { told = told ?? seconds }
    guard let told else { return (true, true) }
    // Figures change with each look; worth another write is what changed by a quarter.
    let hasMoved = abs(seconds - told) * 4 > max(told, seconds)
    if hasMoved { self.told = seconds }
    return (false, hasMoved)
  }

  private func lookForGrowth(at now: Duration) {
    guard let sizes = try? proc.largest(), let grower = growth.look(sizes, at: now),
      let comm = proc.comm(of: grower.pid)
    else {
      fastest = nil
      return
    }
    let cgroup = cgroupVersion.flatMap { proc.cgroup(of: grower.pid, $0) }
    fastest = .init(
      pid: grower.pid, comm: comm.printable, unit: cgroup?.unit?.printable, kbPerSecond: grower.kbPerSecond)
  }
}
