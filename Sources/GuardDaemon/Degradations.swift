internal import GuardCore

/// The capabilities the daemon does without, each by a name that scripts may rely on.
struct Degradations: Sendable {
  enum Name: String, CaseIterable, Sendable {
    case noKernelLog = "no-kernel-log"
    case noPressure = "no-pressure"
    /// The machine's pressure is watched, but not that of single units.
    case noUnitPressure = "no-unit-pressure"
    case noProcessEvents = "no-process-events"
    case noCgroup = "no-cgroup"
    /// Some processes are there and cannot be looked at: they keep what they have.
    case hiddenProcesses = "hidden-processes"
    case noSystemd = "no-systemd"
    /// A cgroup's limit stands for the machine's memory.
    case inContainer = "in-container"
    case cannotLowerScores = "cannot-lower-scores"
    /// The configuration is broken, and a copy of the last good one is in force.
    case lastGoodConfig = "last-good-config"
    /// Nothing below /run/oomguard can be written: bases are kept in memory only, the status is not told.
    case cannotWriteState = "cannot-write-state"
    /// There was a state, and it is broken: what processes carried when this began counts as their base.
    case lostBases = "lost-bases"
  }

  private(set) var reasons: [Name: String] = [:]

  /// - Parameter why: `nil` when the capability is there.
  /// - Returns: whether this is news.
  mutating func set(_ name: Name, _ why: String?) -> Bool {
    defer { reasons[name] = why }
    return (reasons[name] == nil) != (why == nil)
  }

  /// In the order of the names, so that equal states read the same.
  var list: [(name: Name, why: String)] {
    Name.allCases.compactMap { name in reasons[name].map { (name, $0) } }
  }
}
