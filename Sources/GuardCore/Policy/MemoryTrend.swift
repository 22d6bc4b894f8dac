/// How long memory will last if it goes on like this, from the last few looks at what is left.
///
/// A line through them: one look that is off, as in a burst of reclaim, does not turn it. Holds no clock and at most
/// ``capacity`` looks.
package struct MemoryTrend: Equatable, Sendable {
  package static let capacity = 10
  /// Fewer than this are chance, and a line through two of them is only their difference.
  private static let fewest = 3
  /// Further than this no line through ten seconds reaches.
  private static let horizon = Duration.seconds(600)

  private struct Look: Equatable, Sendable {
    var at: Duration
    var leftKB: UInt64
  }
  private var looks: [Look] = []

  package init() {}

  /// - Parameter leftKB: ``Headroom/leftKB``.
  package mutating func add(leftKB: UInt64, at now: Duration) {
    if looks.count == Self.capacity { looks.removeFirst() }
    looks.append(Look(at: now, leftKB: leftKB))
  }

  /// Whole seconds from the last look until nothing is left; `nil` if it does not get less, or not within ten minutes.
  package var exhaustedInSeconds: Int? {
    guard looks.count >= Self.fewest, let first = looks.first, let last = looks.last else { return nil }
    // Relative to the first look, so that no sum is large.
    let times = looks.map { ($0.at - first.at) / .seconds(1) }
    let sizes = looks.map { Double($0.leftKB) - Double(first.leftKB) }
    let (meanTime, meanSize) = (Self.mean(times), Self.mean(sizes))
    var (product, square) = (0.0, 0.0)
    for (time, size) in zip(times, sizes) {
      product += (time - meanTime) * (size - meanSize)
      square += (time - meanTime) * (time - meanTime)
    }
    guard square > 0, product < 0 else { return nil }
    let seconds = Double(last.leftKB) / -(product / square)
    return seconds <= Self.horizon / .seconds(1) ? Int(seconds) : nil
  }

  private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
}
