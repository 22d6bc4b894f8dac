/// Finds the kills that no line of the log tells of: the kernel's own count against the `Killed process` lines.
///
/// The kernel raises its count just before it prints the line (mm/oom_kill.c: __oom_kill_process), so a count that
/// is ahead means a kill whose line is lost or about to come: of the latter there is one at most, since kills are
/// made one by one under oom_lock. What the count is ahead by at every look for ``settleTime`` is lost. A line that
/// is printed twice, as that of a `memory.oom.group`'s first victim, is counted twice by both.
package struct KillCount: Equatable, Sendable {
  /// A line is in the log microseconds after the count; this long only if its printer was taken off its core.
  package static let settleTime = Duration.seconds(2)
  /// A flood that is never read to its end puts the decision off no longer than this.
  package static let longestWait = Duration.seconds(10)

  /// How far the kernel's count is accounted for: by what was before anybody looked, by lines, and by kills that
  /// were told without one. `nil` until the first look.
  package private(set) var accounted: UInt64?
  private var ahead: Ahead?

  private struct Ahead: Equatable, Sendable {
    /// The least of all looks since.
    var kills: UInt64
    var since: Duration
  }

  /// - Parameter accounted: what a daemon before this one left; `nil` where there was none this boot: kills from
  ///   before the first one are the log's to tell of, as far as it goes back.
  package init(accounted: UInt64?) { self.accounted = accounted }

  /// One more `Killed process` line that no daemon before this one has counted.
  package mutating func noteLine() { accounted = accounted.map { $0 &+ 1 } }

  /// Takes the count as it stands for accounted for.
  package mutating func begin(at counted: UInt64) { (accounted, ahead) = (counted, nil) }

  /// - Parameters:
  ///   - counted: the kernel's count, read *before* the log was.
  ///   - lines: how many lines the log gave since that.
  ///   - isDrained: whether the log was read to its end since that.
  ///   - now: on a clock that only advances.
  ///   - limit: as many as are told at once; the others are due at once, too.
  /// - Returns: how many kills only the count tells of, each told once.
  package mutating func compare(
    _ counted: UInt64, lines: Int, isDrained: Bool, at now: Duration, limit: UInt64 = .max
  ) -> UInt64 {
    guard let accounted else {
      begin(at: counted)
      return 0
    }
    guard counted > accounted else {
      // Lines of kills after the count was read put it behind for a moment. Behind without them, it was
      // begun at too high a value.
      if lines == 0, isDrained { self.accounted = counted }
      ahead = nil
      return 0
    }
    let difference = counted - accounted
    let seen = Ahead(kills: min(ahead?.kills ?? difference, difference), since: ahead?.since ?? now)
    ahead = seen
    let waited = now - seen.since
    guard waited >= (isDrained ? Self.settleTime : Self.longestWait) else { return 0 }
    let told = min(seen.kills, limit)
    self.accounted = accounted + told
    if told < seen.kills {
      ahead = Ahead(kills: seen.kills - told, since: seen.since)
    } else {
      ahead = difference > told ? Ahead(kills: difference - told, since: now) : nil
    }
    return told
  }

  /// When to look again; `nil` while nothing is open.
  package var nextLook: Duration? { ahead.map { $0.since + Self.settleTime } }
}
