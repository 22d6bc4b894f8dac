extension Ledger {
  /// A process that holds a promise. There may be thousands: what most of them lack is not in it.
  package struct Entry: Equatable, Sendable {
    package enum State: String, Sendable {
      case held, drifted, yielded, refused, pending
    }
    package var process: ProcessIdentity
    package var comm: Comm
    package var cgroup: CgroupPath?
    package var promise: Promise
    package var base: OOMScoreAdj
    /// What it carried when last seen or written.
    package var score: OOMScoreAdj
    /// What oomguard last wrote to it; `nil` while it never had to. Only this is ever taken back.
    package var written: OOMScoreAdj?
    /// What oomguard wrote before that: a child forked just before the last write was born with this.
    var writtenBefore: OOMScoreAdj?
    package var state: State
    /// Whether the last look found somebody else's score: the next repair belongs to the same episode.
    package var isInEpisode = false
    /// Whether it began its program just after its birth, and has not been looked at since: PID 1 may have written to
    /// it between our first look and that, and what it then carries is its base.
    var isStarting = false
    private var boxedTrouble: Boxed<Trouble>?

    /// What few processes have.
    struct Trouble: Equatable, Sendable {
      /// Why the kernel refused the last write.
      var error: String?
      /// When its score had to be repaired, within the last ``Ledger/conflictWindow``.
      var repairs: [Duration] = []
      /// Until when oomguard gives way to the other writer.
      var yieldedUntil: Duration?
      /// Since when it lacks what it had by itself: it may be starting itself over.
      var lapsedAt: Duration?
      /// Whose promise it carries: its parent's, its main process's, or one's that it shares its memory with.
      var partner: Int32?
    }

    init(
      process: ProcessIdentity, comm: Comm, cgroup: CgroupPath?, promise: Promise, base: OOMScoreAdj,
      score: OOMScoreAdj, written: OOMScoreAdj?, writtenBefore: OOMScoreAdj? = nil, state: State,
      trouble: Trouble = Trouble()
    ) {
      (self.process, self.comm, self.cgroup, self.promise) = (process, comm, cgroup, promise)
      (self.base, self.score, self.written, self.writtenBefore) = (base, score, written, writtenBefore)
      self.state = state
      self.trouble = trouble
    }

    var trouble: Trouble {
      get { boxedTrouble?.value ?? Trouble() }
      set { boxedTrouble = newValue == Trouble() ? nil : .value(newValue) }
    }

    package var rule: String { promise.rule }
    package var kind: Rule.Kind { promise.kind }
    package var promised: OOMScoreAdj { promise.score }
    /// Why the kernel refused the last write.
    package var error: String? { trouble.error }

    /// Whether a child that carries `score` has it from this process, and this process from us.
    package func bequeathed(_ score: OOMScoreAdj) -> Bool { written == score || writtenBefore == score }

    /// Whether it carries what oomguard wrote, and that is not its base.
    var isOwedItsBase: Bool { written == score && base != score }
  }

  /// Entries by pid. They lie side by side, since of a table up to two thirds are free places: that holds no more than
  /// where each of them is.
  package struct Entries: Sendable {
    package private(set) var values: [Entry] = []
    private var places: [Int32: Int32] = [:]

    package var isEmpty: Bool { values.isEmpty }
    package var count: Int { values.count }
    package var pids: some Collection<Int32> { places.keys }

    package subscript(pid: Int32) -> Entry? {
      get { places[pid].map { values[Int($0)] } }
      set {
        if let newValue { set(newValue, at: pid) } else { _ = removeValue(for: pid) }
      }
    }

    private mutating func set(_ entry: Entry, at pid: Int32) {
      if let place = places[pid] {
        values[Int(place)] = entry
      } else {
        places[pid] = Int32(values.count)
        values.append(entry)
      }
    }

    mutating func removeValue(for pid: Int32) -> Entry? {
      guard let place = places.removeValue(forKey: pid), let last = values.popLast() else { return nil }
      guard Int(place) < values.count else { return last }
      // The last one takes the free place.
      places[last.process.pid] = place
      defer { values[Int(place)] = last }
      return values[Int(place)]
    }

    mutating func updateEach(_ body: (inout Entry) -> Void) {
      for place in values.indices { body(&values[place]) }
    }

    /// Takes out, and hands over, those to which this applies. Of a crowd that has left no place is kept.
    mutating func remove(where isLeaving: (Entry) -> Bool) -> [Entry] {
      let removed = values.filter(isLeaving)
      guard !removed.isEmpty else { return [] }
      values = values.filter { !isLeaving($0) }
      places = [:]
      for (place, entry) in values.enumerated() { places[entry.process.pid] = Int32(place) }
      return removed
    }
  }
}
