internal import GuardCore
internal import GuardLinux

/// Looks at the world once: which processes do the rules mean, and what do they carry?
struct Survey: ~Copyable {
  private let root: RootDirectory
  private let proc: ProcDirectory
  /// `nil` where there is no hierarchy to read units from.
  private let cgroups: CgroupTree?
  private let cgroupVersion: CgroupVersion?

  /// - Throws: when there is no /proc.
  init(in root: RootDirectory) throws(SystemCallError) {
    self.root = root
    proc = try ProcDirectory(in: root)
    if let tree = try? CgroupTree(in: root) {
      cgroupVersion = tree.version
      cgroups = consume tree
    } else {
      cgroupVersion = nil
      cgroups = nil
    }
  }

  var hasCgroups: Bool { cgroupVersion != nil }

  /// Everything `rules` mean, and whatever of `known` still lives.
  ///
  /// With rules that name cgroups only, the cost grows with the cgroups and their processes, not with
  /// all processes: /proc as a whole is read only if a rule needs it.
  borrowing func look(_ rules: RuleSet, known: Set<Int32>) throws(SystemCallError) -> [Observation] {
    let users = UserNames(in: root)
    var homes: [Int32: CgroupPath] = [:]
    if rules.needsCgroups, cgroups != nil {
      try cgroups?.walk(
        wanted: { rules.admits($0) },
        visit: { path, pids in for pid in pids { homes[pid] = path } })
    }
    var pids = known.union(homes.keys)
    if rules.needsScan { pids.formUnion(try proc.pids()) }
    var observations: [Observation] = []
    for pid in pids {
      // Whoever left since is not seen, and that is all there is to say of it.
      if let seen = observe(pid, home: homes[pid], rules, known: known, users) { observations.append(seen) }
    }
    return observations
  }

  private borrowing func observe(
    _ pid: Int32, home: CgroupPath?, _ rules: RuleSet, known: Set<Int32>, _ users: UserNames
  ) -> Observation? {
    guard let directory = try? proc.process(pid) else { return nil }
    var facts = LiveFacts(directory, cgroup: .some(home), root: root, users: users)
    let rule = rules.firstMatch(&facts)
    guard rule != nil || known.contains(pid) else { return nil }
    guard let stat = try? facts.directory.stat(), !stat.isKernelThread, !stat.isDead,
      let score = try? facts.directory.score()
    else { return nil }
    return Observation(
      process: stat.identity, parent: stat.parentPID, comm: stat.comm,
      cgroup: home ?? ownCgroup(of: facts.directory),
      score: score, rule: rule)
  }

  /// Asked of the process itself, for one that no cgroup rule led to.
  private borrowing func ownCgroup(of directory: borrowing ProcessDirectory) -> CgroupPath? {
    guard let cgroupVersion, let text = try? directory.read("cgroup") else { return nil }
    return cgroupVersion.path(in: text)
  }

  /// Carries one change out, through a descriptor whose identity was checked.
  borrowing func carryOut(_ change: ScoreChange) -> ScoreOutcome {
    do throws(ProcessError) {
      let directory: ProcessDirectory
      do throws(SystemCallError) {
        directory = try proc.process(change.process.pid)
      } catch {
        throw error.meansGone ? .left : .system(error)
      }
      try directory.write(change.new, to: change.process)
      return .written
    } catch {
      if error == .left { return .left }
      return .refused("\(error)")
    }
  }
}
