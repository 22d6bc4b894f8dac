/// Whom the kernel would kill, one after the other, were a limit reached now.
package struct Forecast: Equatable, Sendable {
  package struct Place: Equatable, Sendable {
    /// Which of the candidates, by its index.
    package var index: Int
    /// The kernel's points, in pages; may be negative.
    package var badness: Int64
  }

  package let scale: BadnessScale
  /// The next victim first. Who is never chosen is left out.
  package private(set) var places: [Place]

  /// Most points first, and of equals the younger, for which the higher pid stands.
  package init(_ candidates: [OOMCandidate], on scale: BadnessScale) {
    self.scale = scale
    places = candidates.indices.compactMap { index in
      candidates[index].badness(on: scale).map { Place(index: index, badness: $0) }
    }
    places.sort { left, right in
      (left.badness, candidates[left.index].pid) > (right.badness, candidates[right.index].pid)
    }
  }

  /// Takes out who comes first for as long as the kernel itself says that it would pass it over, which only it knows:
  /// a process about to exec after vfork(2), or one whose memory is given back already.
  package mutating func passOver(where isPassedOver: (Int) -> Bool) {
    places.removeFirst(places.prefix { isPassedOver($0.index) }.count)
  }

  /// How many pages more would make a process with this badness the first.
  package func margin(of badness: Int64) -> Int64 {
    guard let first = places.first, first.badness > badness else { return 0 }
    let (distance, overflowed) = first.badness.subtractingReportingOverflow(badness)
    return overflowed ? .max : distance
  }
}
