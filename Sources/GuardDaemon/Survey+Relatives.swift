internal import GuardCore
internal import GuardLinux

// What processes are to one another: a promise must not pass from one to the next unseen.
extension Survey {
  /// The children of a process that got its base back which no rule means and which still carry what it had.
  ///
  /// - Parameter others: who shares its memory and so was changed together with it, which what they forked was not.
  func heirs(
    of parent: ScoreChange, and others: [Int32], _ rules: RuleSet, ledger: Ledger
  ) -> [ScoreChange] {
    var children: [Int32] = []
    for pid in [parent.process.pid] + others {
      guard let directory = try? proc.process(pid) else { continue }
      children += (try? directory.children()) ?? []
    }
    let seen = look(at: children, rules, ledger: ledger, isKnown: true).observations
    return seen.compactMap { child in
      guard child.rule == nil, child.score == parent.old, ledger.entries[child.process.pid] == nil else {
        return nil
      }
      var change = parent
      (change.process, change.comm, change.cgroup) = (child.process, child.comm, child.cgroup)
      change.isNews = false
      return change
    }
  }

  /// Whether this is its score now.
  func carries(_ score: OOMScoreAdj, _ pid: Int32) -> Bool { proc.glanceScore(of: pid) == score }

  /// Whether two processes that are none of one another's threads have one memory.
  func sharesMemory(_ pid: Int32, with other: Int32) -> Bool {
    // A fake root's pids are those of others here.
    root.isMachine && SharedMemory.isShared(by: pid, and: other)
  }

  /// The processes that share their memory with this one, as far as parents and children lead from one to the next.
  func neighbours(of pid: Int32) -> [Observation] {
    guard root.isMachine else { return [] }
    var found: Set<Int32> = [pid]
    var pending = [pid]
    while let next = pending.popLast() {
      guard let directory = try? proc.process(next) else { continue }
      var relatives = (try? directory.children()) ?? []
      // PID 1 shares its memory with nobody.
      if let parent = try? directory.stat().parentPID, parent > 1 { relatives.append(parent) }
      for relative in relatives.suffix(Self.relativesLimit) where !found.contains(relative) {
        guard sharesMemory(relative, with: pid) else { continue }
        found.insert(relative)
        pending.append(relative)
      }
    }
    guard found.count > 1 else { return [] }
    let users = UserNames(in: root)
    let nobody = RuleSet([], totalBytes: 0)
    return found.subtracting([pid]).sorted().compactMap {
      observe($0, home: .some(nil), nobody, isKnown: true, users).observation
    }
  }

  /// Each is compared for a microsecond or two: one that forks without end must not keep the loop.
  private static let relativesLimit = 4096

  /// The process of a cgroup from which all the others descend: without systemd, that is its main one.
  func rootmost(of pids: [Int32]) -> Int32? {
    let stats = pids.compactMap { pid in stat(of: pid) }
    let inside = Set(stats.map(\.pid))
    return stats.filter { !$0.isDead && !inside.contains($0.parentPID) }
      .min { ($0.startTicks, $0.pid) < ($1.startTicks, $1.pid) }?.pid
  }
}
