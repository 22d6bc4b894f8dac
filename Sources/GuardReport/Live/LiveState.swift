package import GuardCore
package import GuardStatus

/// All that the live screen shows, as of one look at the machine.
package struct LiveState: Sendable {
  /// A process that could be killed.
  package struct Process: Equatable, Sendable {
    package var candidate: OOMCandidate
    package var comm: [UInt8]
    /// The kernel's points, in KiB.
    package var badnessKB: Int64
    /// Its place among all, the next victim first; from 1.
    package var place: Int

    package init(_ candidate: OOMCandidate, comm: [UInt8], badnessKB: Int64, place: Int) {
      (self.candidate, self.comm, self.badnessKB, self.place) = (candidate, comm, badnessKB, place)
    }
  }

  /// The wall clock.
  package var now: Timestamp
  package var reading: StatusReading
  package var history = PressureHistory()
  /// As the kernel tells it now; `nil` where it does not.
  package var stalls: Pressure?
  package var memory: MemoryInfo?
  /// Where the memory is, as far as one file tells.
  package var ledger: MemoryLedger?
  /// In the order in which the kernel would choose.
  package var processes: [Process] = []
  /// Those with rows on the screen, by pid.
  package var units: [Int32: String] = [:]
  /// What a score's thousandths are of: RAM and swap.
  package var scaleKB: UInt64 = 0
  /// Processes that the kernel never chooses.
  package var neverChosen = 0
  /// How long ago the processes were looked at: on a machine with many less often than the rest.
  package var processAge: Duration = .zero
  /// Newest last.
  package var kills: [StatusDocument.Kill] = []
  /// What the answer leaves open.
  package var notes: [String] = []

  package init(at now: Timestamp, _ reading: StatusReading) { (self.now, self.reading) = (now, reading) }

  /// Which rule's promise each process holds, as the daemon tells it.
  package var rules: [Int32: StatusDocument.Rule] {
    guard reading.daemon == .running, let document = reading.document else { return [:] }
    var rules: [Int32: StatusDocument.Rule] = [:]
    for rule in document.rules { for process in rule.processes { rules[process.pid] = rule } }
    return rules
  }
}

extension LiveState {
  /// The processes that the view wants, in its order.
  ///
  /// - Parameter unit: a process's unit, asked for only if the rest does not decide.
  package func chosen(by view: LiveView, unit: (Int32) -> String?) -> [Process] {
    var chosen = processes
    if !view.filter.isEmpty {
      let wanted = view.filter.lowercased()
      let rules = rules
      func has(_ text: String?) -> Bool { text?.lowercased().contains(wanted) ?? false }
      chosen = chosen.filter { process in
        has(process.comm.printable) || has(rules[process.candidate.pid]?.name)
          || has(unit(process.candidate.pid))
      }
    }
    switch view.order {
    case .badness: break
    case .rss: chosen.sort { ($0.candidate.rssKB ?? 0, $1.place) > ($1.candidate.rssKB ?? 0, $0.place) }
    case .swap: chosen.sort { ($0.candidate.swapKB, $1.place) > ($1.candidate.swapKB, $0.place) }
    case .score: chosen.sort { ($0.candidate.score, $1.place) > ($1.candidate.score, $0.place) }
    case .pid: chosen.sort { $0.candidate.pid < $1.candidate.pid }
    case .comm:
      chosen.sort {
        $0.comm == $1.comm ? $0.place < $1.place : $0.comm.lexicographicallyPrecedes($1.comm)
      }
    }
    return chosen
  }
}
