/// Which process grows fastest, from one look to the next at the largest ones.
package struct Growth: Equatable, Sendable {
  /// How many processes are kept. One that is not among the largest takes memory from nobody yet.
  package static let capacity = 64

  package struct Size: Equatable, Sendable {
    package var pid: Int32
    package var kb: UInt64
    package init(pid: Int32, kb: UInt64) { (self.pid, self.kb) = (pid, kb) }
  }

  package struct Grower: Equatable, Sendable {
    package var pid: Int32
    package var kbPerSecond: Int64
    package init(pid: Int32, kbPerSecond: Int64) { (self.pid, self.kbPerSecond) = (pid, kbPerSecond) }
  }

  private var last: (sizes: [Size], at: Duration)?

  package init() {}

  package static func == (left: Self, right: Self) -> Bool {
    left.last?.sizes == right.last?.sizes && left.last?.at == right.last?.at
  }

  /// - Parameter sizes: the largest processes, at most ``capacity`` of them.
  /// - Returns: the one that grew most since the last look, if any did.
  package mutating func look(_ sizes: [Size], at now: Duration) -> Grower? {
    defer { last = (sizes, now) }
    guard let last, now > last.at else { return nil }
    // Who was not among the largest had at most what the smallest of those had.
    let least = last.sizes.count < Self.capacity ? 0 : last.sizes.map(\.kb).min() ?? 0
    var fastest: (pid: Int32, kb: UInt64)?
    for size in sizes {
      let before = last.sizes.first { $0.pid == size.pid }?.kb ?? least
      guard size.kb > before, size.kb - before > fastest?.kb ?? 0 else { continue }
      fastest = (size.pid, size.kb - before)
    }
    guard let fastest else { return nil }
    let rate = Double(fastest.kb) / ((now - last.at) / .seconds(1))
    return Grower(pid: fastest.pid, kbPerSecond: Int64(exactly: rate.rounded()) ?? .max)
  }
}

/// The largest of many, without keeping the many.
package struct LargestSizes {
  package private(set) var sizes: [Growth.Size] = []
  private var least: UInt64 = 0

  package init() {}

  package mutating func offer(_ size: Growth.Size) {
    guard sizes.count == Growth.capacity else {
      sizes.append(size)
      if sizes.count == Growth.capacity { least = sizes.map(\.kb).min() ?? 0 }
      return
    }
    guard size.kb > least, let smallest = sizes.firstIndex(where: { $0.kb == least }) else { return }
    sizes[smallest] = size
    least = sizes.map(\.kb).min() ?? 0
  }
}
