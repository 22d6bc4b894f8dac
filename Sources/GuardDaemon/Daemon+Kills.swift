internal import GuardCore
internal import GuardLinux
internal import GuardStatus
internal import GuardSystemd

// How the kernel's kills come to be told: by the lines of its log and, where those are lost, by its counters.
extension Daemon {
  /// A cgroup at its limit may move its counters a hundred times a second: they are looked at no oftener than this.
  private static let memoryEventsPause = Duration.seconds(1)
  /// Kills without a line may be many at once: as many entries as the journal takes, and then a breath.
  private static let unloggedBatch: UInt64 = 128
  private static let unloggedPause = Duration.milliseconds(100)

  /// Tells of the kills in the log, and compares them with the kernel's count if that is due.
  func readKernelLog() {
    let now = Clock.boot()
    // Counted first: whatever is in the count is in the log, or about to be, when that is read.
    let isDue = nextKillCount.map { now >= $0 } ?? false
    let counted = isDue ? root.oomKillCount : nil
    let (lines, isDrained) = readKills()
    if isDrained, !scene.hasBegun { scene.begin() }
    if history.count.accounted == nil {
      if isDrained { beginCounting() }
    } else if let counted {
      compare(counted, lines: lines, isDrained: isDrained, at: now)
    }
    if isDue { nextKillCount = history.count.nextLook.map { max($0, now + Self.unloggedPause) } }
  }

  /// - Returns: how many `Killed process` lines came, and whether the log was read to its end.
  private func readKills() -> (lines: Int, isDrained: Bool) {
    do throws(SystemCallError) {
      guard let killWatch else { return (0, true) }
      let taken = try killWatch.take()
      tell(taken.sightings)
      if taken.lost > 0 {
        counters.overruns += 1
        tell(.lost(taken.lost))
        isStatusDue = true
        nextKillCount = min(nextKillCount ?? .zero, .zero)
      }
      return (taken.sightings.count, taken.isDrained)
    } catch {
      // Polling it would spin: closed, said, and opened again soon, before a kill counts as told by no line.
      kernelLogPlace = killWatch?.place ?? kernelLogPlace
      killWatch = nil
      nextReconcile = min(nextReconcile, Clock.boot() + .seconds(1))
      degrade(.noKernelLog, "\(error)")
      return (0, true)
    }
  }

  private func tell(_ sightings: [KillWatch.Sighting]) {
    guard !sightings.isEmpty else { return }
    // All that is known first: what is left of the counters then belongs to the others.
    var places: [KillScene.Place?] = sightings.map { sighting in
      guard case .kill(let kill) = sighting else { return nil }
      let place = scene.place(of: kill, age: age(of: kill), ledger: keeper.ledger)
      if let cgroup = place.cgroup { scene.enter(cgroup) }
      return place
    }
    var unknown = places.indices.filter { places[$0].map { $0.cgroup == nil } ?? false }[...]
    if !unknown.isEmpty {
      for case let cgroup? in scene.placesByCounters(of: unknown.count, isEach: false) {
        guard let index = unknown.popFirst(), case .kill(let kill) = sightings[index] else { break }
        if var place = places[index] {
          scene.settle(&place, of: kill, in: cgroup)
          places[index] = place
        }
      }
    }
    for (sighting, place) in zip(sightings, places) {
      switch sighting {
      case .kill(let kill):
        if let place { told(kill, place) }
      case .repetition(let pid, let sequence):
        history.addRepetition(sequence)
        if let cgroup = history.cgroup(ofVictim: pid) { scene.enter(cgroup) }
        state?.note(history.told)
      }
    }
    isStatusDue = true
  }

  private func told(_ kill: OOMKill, _ place: KillScene.Place) {
    let (told, isNew) = history.add(kill, age: age(of: kill), place, rules: keeper.rules)
    guard isNew else { return }
    tell(.killed(told, report: kill.reportText))
    // After the entry: a crash in between tells it twice under one number, and never not at all.
    state?.note(history.told)
  }

  private func age(of kill: OOMKill) -> Duration {
    kill.microseconds.flatMap { killWatch?.age(of: $0) } ?? .zero
  }

  // MARK: what the counters tell

  /// From here on the kernel's count is compared with the lines of its log; until here that goes back as far as it
  /// goes.
  private func beginCounting() {
    // Of a kill at this very moment it has to be clear whether its line belongs to the count.
    for _ in 0..<10 {
      guard let counted = root.oomKillCount else { return }
      let (lines, isDrained) = readKills()
      guard lines == 0, isDrained, root.oomKillCount == counted else { continue }
      history.count.begin(at: counted)
      state?.note(history.told)
      return
    }
  }

  private func compare(_ counted: UInt64, lines: Int, isDrained: Bool, at now: Duration) {
    let unlogged = history.count.compare(
      counted, lines: lines, isDrained: isDrained, at: now, limit: Self.unloggedBatch)
    if unlogged > 0 {
      for cgroup in scene.placesByCounters(of: Int(clamping: unlogged), isEach: true) {
        tell(.killed(history.addUnlogged(in: cgroup, rules: keeper.rules), report: []))
      }
      isStatusDue = true
    }
    if history.count.accounted == counted { scene.settle() }
    state?.note(history.told)
  }

  /// Some cgroup's counter moved: a kill, or only reclaim.
  func memoryEventsChanged() {
    // One that cannot be read would never be silent again: another is made with the next survey.
    if (try? memoryEvents?.acknowledge()) == nil { memoryEvents = nil }
    let now = Clock.boot()
    (nextKillCount, nextMemoryEvents) = (now, now + Self.memoryEventsPause)
  }

  /// Listens again, and looks at what it may have missed.
  func watchMemoryEvents() {
    nextMemoryEvents = nil
    nextKillCount = .zero
    memoryEvents?.arm(scene.outermost)
  }
}
