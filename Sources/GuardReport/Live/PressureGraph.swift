internal import GuardCore
internal import GuardLinux

/// How much tasks stood still for want of memory, look by look.
package struct PressureHistory: Equatable, Sendable {
  /// Shares of the time between two looks, in hundredths of a percent.
  package struct Share: Equatable, Sendable {
    package var some, full: Int

    package init(some: Int, full: Int) { (self.some, self.full) = (some, full) }
  }

  /// More columns than any terminal has.
  package static let capacity = 512

  /// Newest last.
  package private(set) var shares: [Share] = []
  private var last: (some: UInt64, full: UInt64, at: Duration)?

  package init() {}

  package static func == (left: Self, right: Self) -> Bool { left.shares == right.shares }

  /// - Parameter now: on a clock that does not jump.
  mutating func add(_ pressure: Pressure?, at now: Duration) {
    guard let pressure else {
      last = nil
      return
    }
    let (some, full) = (pressure.some.totalMicroseconds, pressure.full?.totalMicroseconds ?? 0)
    if let last, now > last.at {
      let passed = UInt64(clamping: (now - last.at).microseconds)
      add(Share(some: Self.share(last.some, some, of: passed), full: Self.share(last.full, full, of: passed)))
    }
    last = (some, full, now)
  }

  package mutating func add(_ share: Share) {
    if shares.count >= Self.capacity { shares.removeFirst(shares.count - Self.capacity + 1) }
    shares.append(share)
  }

  private static func share(_ before: UInt64, _ after: UInt64, of passed: UInt64) -> Int {
    guard after > before, passed > 0 else { return 0 }
    // The kernel adds up now and then, so that it may be more than the time that passed.
    let stalled = min(after - before, passed)
    return Int(passed.dividingFullWidth(stalled.multipliedFullWidth(by: 10_000)).quotient)
  }
}

/// The history as columns, the newest at the right.
struct PressureGraph {
  private let shares: ArraySlice<PressureHistory.Share>
  private let width: Int
  private let appearance: Appearance

  /// What the height stands for, in whole percent: the least of these that everything shown fits in.
  let scalePercent: Int
  private static let scales = [10, 25, 50, 100]

  /// An eighth of a row each; in ASCII a third.
  private static let blocks = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  private static let plain = [" ", ".", ":", "|"]

  init(_ history: PressureHistory, width: Int, in appearance: Appearance) {
    (self.width, self.appearance) = (max(0, width), appearance)
    shares = history.shares.suffix(self.width)
    let highest = shares.reduce(0) { max($0, $1.some) }
    scalePercent = Self.scales.first { $0 * 100 >= highest } ?? 100
  }

  /// - Parameter part: `some` or `full` of a look.
  func rows(_ part: (PressureHistory.Share) -> Int, height: Int, colour: Colour) -> [String] {
    let glyphs = appearance.hasUnicode ? Self.blocks : Self.plain
    let steps = glyphs.count - 1
    let scale = scalePercent * 100
    // Rounded up: the shortest stall is seen.
    let filled = shares.map { (min(part($0), scale) * height * steps + scale - 1) / scale }
    let empty = String(repeating: " ", count: width - shares.count)
    return (0..<height).map { row in
      let below = (height - 1 - row) * steps
      let text = filled.map { glyphs[min(max($0 - below, 0), steps)] }.joined()
      return empty + appearance.paint(text, text.contains { $0 != " " } ? colour : nil)
    }
  }
}
