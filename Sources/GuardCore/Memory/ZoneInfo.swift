/// The zones of physical memory, from `/proc/zoneinfo`, in pages. Source: mm/vmstat.c: zoneinfo_show_print.
package struct ZoneInfo: Equatable, Sendable {
  package struct Zone: Equatable, Sendable {
    package var node: Int
    /// `DMA`, `DMA32`, `Normal`, `HighMem`, `Movable`, `Device`.
    package var name: [UInt8]
    package var freePages: UInt64?
    /// The watermarks: below low kswapd is woken, at high it rests, below min allocations reclaim by themselves.
    package var minPages, lowPages, highPages: UInt64?
    /// What the allocator has at its disposal; since Linux 3.9.
    package var managedPages: UInt64?
    /// Free pages kept by single processors, which ``freePages`` does not count.
    package var processorPages: UInt64?

    package init(
      node: Int, name: [UInt8], freePages: UInt64? = nil, minPages: UInt64? = nil, lowPages: UInt64? = nil,
      highPages: UInt64? = nil, managedPages: UInt64? = nil, processorPages: UInt64? = nil
    ) {
      (self.node, self.name, self.freePages, self.minPages) = (node, name, freePages, minPages)
      (self.lowPages, self.highPages, self.managedPages) = (lowPages, highPages, managedPages)
      self.processorPages = processorPages
    }

    /// An empty zone is printed since Linux 4.10, and takes no part.
    package var isPopulated: Bool { managedPages.map { $0 > 0 } ?? (highPages.map { $0 > 0 } ?? false) }
  }
  package var zones: [Zone]

  package init(_ text: [UInt8]) {
    zones = []
    // Of a statistic's name that comes twice in a zone, as `high` of each processor's list, the first is the zone's.
    var hasProcessors = false
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let words = line.split { $0.isBlank }
      guard let first = words.first else { continue }
      if first.equals("Node"), words.count >= 4, words[2].equals("zone") {
        // "Node 0, zone   Normal"
        guard let node = Int(ascii: words[1].dropLast()) else { continue }
        zones.append(Zone(node: node, name: Array(words[3])))
        hasProcessors = false
        continue
      }
      guard !zones.isEmpty else { continue }
      if first.equals("pagesets") { hasProcessors = true }
      let last = zones.count - 1
      if first.equals("pages"), words.count >= 3, words[1].equals("free") {
        zones[last].freePages = UInt64(ascii: words[2])
      } else if words.count >= 2, let value = UInt64(ascii: words[1]) {
        if hasProcessors {
          if first.equals("count:") {
            zones[last].processorPages = (zones[last].processorPages ?? 0) &+ value
          }
        } else if first.equals("min") {
          zones[last].minPages = value
        } else if first.equals("low") {
          zones[last].lowPages = value
        } else if first.equals("high") {
          zones[last].highPages = value
        } else if first.equals("managed") {
          zones[last].managedPages = value
        }
      }
    }
  }

  /// Free pages that single processors keep; `nil` where the kernel does not say.
  package var processorPages: UInt64? {
    let counts = zones.compactMap(\.processorPages)
    return counts.isEmpty ? nil : counts.reduce(0, &+)
  }
}

extension ZoneInfo.Zone {
  /// Where free memory stands between the watermarks.
  package enum Standing: String, Sendable {
    case aboveHigh = "above_high"
    /// kswapd, once awake, goes on until high is reached.
    case belowHigh = "below_high"
    case belowLow = "below_low"
    case belowMin = "below_min"
  }

  /// `nil` for an empty zone.
  package var standing: Standing? {
    guard isPopulated, let freePages, let minPages, let lowPages, let highPages else { return nil }
    if freePages < minPages { return .belowMin }
    if freePages < lowPages { return .belowLow }
    return freePages < highPages ? .belowHigh : .aboveHigh
  }
}
