internal import GuardCore
package import GuardLinux
package import GuardStatus

/// Looks at the machine for the live screen, again and again: what it keeps between two looks does not grow.
package final class LiveSampler {
  private let root: RootDirectory
  private let status: StatusFile
  private var memory = StatusFile.Memory()
  private var pace = LookPace()
  /// How many kills the daemon had counted when they were last read, and whether there may be others since.
  private var (killsCounted, hasNewKills): (UInt64?, Bool) = (nil, true)
  package private(set) var state: LiveState

  /// - Parameter now: the wall clock.
  package init(in root: RootDirectory, at now: Timestamp) {
    self.root = root
    status = StatusFile(in: root)
    state = LiveState(at: now, status.reading(at: now, &memory))
  }

  /// Looks at everything, at the processes only as often as that costs little, unless somebody asks for it.
  ///
  /// - Parameter now: the wall clock.
  package func look(at now: Timestamp, isAskedFor: Bool = false) {
    let start = Clock.boot()
    state.now = now
    state.reading = status.reading(at: now, &memory)
    state.stalls = root.pressure
    state.history.add(state.stalls, at: start)
    state.memory = root.memory
    if let memory = state.memory {
      state.ledger = MemoryLedger(.init(memory, pageKB: UInt64(clamping: Machine.pageBytes / 1024)))
      state.scaleKB = memory.totalKB &+ (memory.swapTotalKB ?? 0)
    }
    let told = state.reading.document?.kills.total
    if hasNewKills || told != killsCounted {
      lookAtKills()
      (killsCounted, hasNewKills) = (told, false)
    }
    if isAskedFor || pace.isDue(at: start) {
      lookAtProcesses()
      pace.took(from: start, until: Clock.boot())
    }
    state.processAge = pace.age(at: start)
  }

  /// The next look is to read the kills again.
  package func killWasTold() { hasNewKills = true }

  /// Those of a week, of any boot, as far as the screen can show them.
  private func lookAtKills() {
    let week = Timestamp(seconds: state.now.microsecondsSinceEpoch / 1_000_000 - 7 * 86_400)
    let answer = KillArchive(in: root, at: state.now).kills(KillArchive.Selection(since: week))
    state.kills = answer.kills.suffix(Self.mostKills)
  }

  private static let mostKills = 64

  private func lookAtProcesses() {
    state.notes = []
    guard let proc = try? ProcDirectory(in: root), let pids = try? proc.pids() else {
      state.notes = ["/proc cannot be read"]
      state.processes = []
      return
    }
    if proc.hidesProcesses() { state.notes = ["other users' processes are hidden; run as root to see all"] }
    let scale = BadnessScale(totalKB: state.scaleKB, pageBytes: Machine.pageBytes)
    let seen = proc.candidates(among: pids)
    var forecast = Forecast(seen.map(\.candidate), on: scale)
    forecast.passOver { proc.isPassedOver(seen[$0].candidate) }
    state.processes = forecast.places.enumerated().map { place, found in
      LiveState.Process(
        seen[found.index].candidate, comm: seen[found.index].comm,
        badnessKB: scale.kilobytes(found.badness), place: place + 1)
    }
    state.neverChosen = seen.count {
      $0.candidate.exemption == .immune || $0.candidate.exemption == .initProcess
    }
  }

  /// The processes that the view wants, and the units of those that are to be shown.
  package func chosen(by view: LiveView, rows: Int) -> [LiveState.Process] {
    guard let proc = try? ProcDirectory(in: root), let tree = try? CgroupTree(in: root) else {
      return state.chosen(by: view) { _ in nil }
    }
    let version = tree.version
    func unit(_ pid: Int32) -> String? { proc.cgroup(of: pid, version)?.unit?.printable }
    let chosen = state.chosen(by: view, unit: unit)
    state.units = [:]
    for process in chosen.prefix(rows) {
      state.units[process.candidate.pid] = unit(process.candidate.pid)
    }
    return chosen
  }
}

/// How often something that costs much is done: so that it takes at most a tenth of the time.
struct LookPace {
  private var last: (start: Duration, end: Duration)?

  func isDue(at now: Duration) -> Bool {
    guard let last else { return true }
    return now >= last.start + (last.end - last.start) * 10
  }

  mutating func took(from start: Duration, until end: Duration) { last = (start, max(start, end)) }

  func age(at now: Duration) -> Duration { last.map { max(.zero, now - $0.start) } ?? .zero }
}
