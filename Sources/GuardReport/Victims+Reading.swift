internal import GuardConfig
internal import GuardCore
package import GuardLinux
package import GuardStatus

extension Victims {
  /// - Parameters:
  ///   - cgroup: the path of a memory cgroup; `nil` for the machine.
  ///   - changes: scores that are taken for given.
  ///   - file: the configuration to go by, as `oomguardd --config` takes it; `nil` for the one in force.
  ///   - now: the wall clock.
  package init(
    in cgroup: String? = nil, whatIf changes: [WhatIf] = [], config file: String? = nil,
    root: RootDirectory, at now: Timestamp
  ) throws(Refusal) {
    let unreadable = "/proc must be mounted and readable"
    let proc = try Refusal.wrapping(unreadable) { () throws(SystemCallError) in try ProcDirectory(in: root) }
    let all = try Refusal.wrapping(unreadable) { () throws(SystemCallError) in try proc.pids() }
    var notes = Self.warnings(root)
    if proc.hidesProcesses() {
      notes.append("other users' processes are hidden here; run as root to see all")
    }

    let limit = try LimitInQuestion(cgroup, in: root)
    notes += limit.notes
    let homes = Homes(in: root, limit.members)
    let seen = proc.candidates(among: limit.members?.pids ?? all)
    let candidates = try Self.trying(changes, on: seen.map(\.candidate), homes, proc)
    notes += changes.map { "taken for given: \($0.unit) with the score \($0.score)" }

    var forecast = Forecast(candidates, on: limit.scale)
    // Of a score that is only tried the kernel knows nothing.
    forecast.passOver { index in
      candidates[index] == seen[index].candidate && proc.isPassedOver(candidates[index])
    }

    let daemon = StatusFile(in: root).reading(at: now)
    let word = DaemonsWord(daemon)
    var rules: RuleMatcher?
    do {
      let set = try RulesInForce(config: file, in: root, daemon).set
      rules = RuleMatcher(set, homes, root: root, file == nil ? word : nil)
    } catch {
      notes += error.lines
    }
    let matched = seen.map { process -> Rule? in
      process.candidate.rssKB == nil ? nil : rules?.rule(of: process, in: proc)
    }
    notes += rules?.notes ?? []
    let scale = limit.scale
    (scope, scaleKB) = (limit.scope, scale.kilobytes(scale.pages))
    victims = forecast.places.map { place in
      let (process, home) = (candidates[place.index], homes.names(of: candidates[place.index].pid, in: proc))
      return Victim(
        pid: process.pid, comm: seen[place.index].comm.printable, unit: home.unit, cgroup: home.path,
        rule: matched[place.index]?.name, score: process.score.value,
        badnessKB: scale.kilobytes(place.badness), rssKB: process.rssKB ?? 0, swapKB: process.swapKB,
        pgtablesKB: process.pgtablesKB)
    }
    protected = zip(candidates.indices, matched).compactMap { index, rule -> Protected? in
      guard let rule, rule.kind == .protect, word.means(seen[index], by: rule, rules?.score(of: rule))
      else { return nil }
      let process = candidates[index]
      return Protected(
        rule: rule.name, pid: process.pid, comm: seen[index].comm.printable,
        unit: homes.names(of: process.pid, in: proc).unit, score: process.score.value,
        marginKB: process.badness(on: scale).map { scale.kilobytes(forecast.margin(of: $0)) })
    }
    protected.sort { ($0.marginKB ?? .max, $0.pid) < ($1.marginKB ?? .max, $1.pid) }
    neverChosen = candidates.count { $0.exemption == .immune || $0.exemption == .initProcess }
    self.notes = notes
  }

  /// The candidates as they would be after the changes; the last that means a process counts.
  private static func trying(
    _ changes: [WhatIf], on candidates: [OOMCandidate], _ homes: Homes, _ proc: borrowing ProcDirectory
  ) throws(Refusal) -> [OOMCandidate] {
    var candidates = candidates
    for change in changes {
      var isKnown = false
      for index in candidates.indices {
        guard let home = homes.cgroup(of: candidates[index].pid, in: proc), change.means(home) else {
          continue
        }
        isKnown = true
        candidates[index].score = change.score
      }
      guard isKnown else {
        throw Refusal(.usage, "no process is in '\(change.unit)'; see which units there are with: systemctl")
      }
    }
    return candidates
  }

  /// Settings under which the kernel chooses otherwise, or not at all.
  private static func warnings(_ root: RootDirectory) -> [String] {
    var warnings: [String] = []
    if let panics = root.number("/proc/sys/vm/panic_on_oom"), panics != 0 {
      warnings.append("vm.panic_on_oom is \(panics): out of memory, the machine stops instead")
    }
    if let asks = root.number("/proc/sys/vm/oom_kill_allocating_task"), asks != 0 {
      warnings.append(
        "vm.oom_kill_allocating_task is \(asks): out of memory, whichever process asks for more is killed")
    }
    return warnings
  }
}

/// Which limit would have to be reached, and who is under it.
struct LimitInQuestion {
  var scope = Victims.Scope.machine
  var scale: BadnessScale
  /// `nil` for the machine: then everybody is.
  var members: CgroupMembers?
  var notes: [String] = []

  init(_ name: String?, in root: RootDirectory) throws(Refusal) {
    let memory = root.memory
    let swapKB = memory?.swapTotalKB ?? 0
    scale = BadnessScale(totalKB: (memory?.totalKB ?? 0) &+ swapKB, pageBytes: Machine.pageBytes)
    if memory == nil { notes.append("/proc/meminfo cannot be read, so scores could not be counted") }
    guard let name, let cgroup = try Self.path(name) else { return }

    let unreadable = "memory cgroups must be mounted and readable"
    let tree = try Refusal.wrapping(unreadable) { () throws(SystemCallError) in
      try CgroupTree(ofMemoryIn: root)
    }
    members = try Refusal.wrapping(unreadable) { () throws(SystemCallError) in try tree.members(below: cgroup)
    }
    guard tree.contains(cgroup) else {
      throw Refusal(
        .usage, "no cgroup '\(cgroup)'; name it as /proc/PID/cgroup does, or see them with: systemd-cgls")
    }
    scope = .cgroup(cgroup.description)
    let swappiness = root.number("/proc/sys/vm/swappiness")
    var above: CgroupPath? = cgroup
    while let path = above {
      if let limit = tree.memoryLimit(of: path, swappiness: swappiness) {
        scale = BadnessScale(limit, machineSwapKB: swapKB, pageBytes: Machine.pageBytes)
        if path != cgroup {
          notes.append(
            "'\(cgroup)' has no limit of its own: the scale is that of '\(path)', where all below it compete")
        }
        return
      }
      above = path.parent
    }
    notes.append("'\(cgroup)' has no limit: the scale is the machine's, where all processes compete")
  }

  /// `nil` for the root, which is the machine.
  static func path(_ name: String) throws(Refusal) -> CgroupPath? {
    var text = name[...]
    // As a shell completes it.
    for mount in ["/sys/fs/cgroup/memory", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"] {
      if text == mount || text.hasPrefix("\(mount)/") {
        text = text.dropFirst(mount.count)
        break
      }
    }
    let components = text.split(separator: "/")
    guard !components.contains(where: { $0 == "." || $0 == ".." }) else {
      throw Refusal(.usage, "'\(name)' is no cgroup: '.' and '..' are not names; write the whole path")
    }
    return components.isEmpty ? nil : CgroupPath("/\(components.joined(separator: "/"))".utf8)
  }
}

/// Where processes live: their cgroup, by which rules go, and what people call it.
struct Homes {
  /// By the hierarchy of the units.
  private let units: CgroupMembers
  /// By that of the limit in question.
  private let limited: CgroupMembers?
  private let version: CgroupVersion?

  init(in root: RootDirectory, _ limited: CgroupMembers?) {
    self.limited = limited
    guard let tree = try? CgroupTree(in: root) else {
      (version, units) = (nil, CgroupMembers())
      return
    }
    version = tree.version
    units = (try? tree.members()) ?? CgroupMembers()
  }

  func cgroup(of pid: Int32, in proc: borrowing ProcDirectory) -> CgroupPath? {
    // One that came after the cgroups were listed is asked itself.
    units[pid] ?? version.flatMap { proc.cgroup(of: pid, $0) }
  }

  func names(of pid: Int32, in proc: borrowing ProcDirectory) -> (unit: String?, path: String?) {
    let cgroup = cgroup(of: pid, in: proc)
    let shown = limited?[pid] ?? cgroup
    return ((cgroup?.unit ?? shown?.unit)?.printable, shown?.description)
  }
}

/// Which rule means which process, as a survey of the daemon's would find.
struct RuleMatcher {
  private let set: RuleSet
  private let homes: Homes
  private let root: RootDirectory
  private let users: UserNames
  private let daemon: DaemonsWord?
  private var candidates: [CgroupPath?: [Int]] = [:]
  /// Processes of which a rule asks what may not be read, and nobody else tells.
  private var unread = 0

  /// - Parameter daemon: which goes by the same rules, and may read what the asker may not.
  init(_ set: RuleSet, _ homes: Homes, root: RootDirectory, _ daemon: DaemonsWord?) {
    (self.set, self.homes, self.root, self.daemon) = (set, homes, root, daemon)
    users = UserNames(in: root)
  }

  var notes: [String] {
    switch unread {
    case 0: []
    case 1: ["the rule of one process is not known, since its executable may not be read; run as root"]
    default:
      ["the rules of \(unread) processes are not known, since their executables may not be read; run as root"]
    }
  }

  func score(of rule: Rule) -> OOMScoreAdj? {
    set.rules.firstIndex { $0.name == rule.name }.map { set.scores[$0] }
  }

  mutating func rule(of process: SeenCandidate, in proc: borrowing ProcDirectory) -> Rule? {
    let home = homes.cgroup(of: process.candidate.pid, in: proc)
    let possible = candidates[home] ?? set.candidates(in: home)
    candidates[home] = possible
    switch set.firstLook(among: possible, comm: { process.comm }) {
    case .stranger: return nil
    case .meant(let index): return set.rules[index]
    case .undecided:
      guard let directory = try? proc.process(process.candidate.pid) else { return nil }
      var facts = LiveFacts(directory, cgroup: home, root: root, users: users)
      let match = set.firstMatch(&facts)
      // What may not be read may be what an earlier rule asks for.
      guard let failure = facts.failure, failure.isNotPermitted else { return match.map { set.rules[$0] } }
      if let name = daemon?.rule(of: process) { return set.rules.first { $0.name == name } }
      guard daemon?.isWhole == true else {
        unread += 1
        return nil
      }
      // The daemon does not list whom a rule's scope leaves out.
      return match.map { set.rules[$0] }.flatMap { $0.scope == .main ? $0 : nil }
    }
  }
}

/// What a daemon at work lists: it alone knows a unit's main process, and for others than root all executables.
struct DaemonsWord {
  private var told: [Int32: (rule: String, comm: String)] = [:]
  /// Whether every process that a rule means is listed, so that the others are nobody's.
  private(set) var isWhole = false

  init(_ daemon: StatusReading) {
    guard daemon.daemon == .running, let document = daemon.document else { return }
    isWhole = document.rules.allSatisfy { $0.matched <= $0.processes.count }
    for rule in document.rules {
      for process in rule.processes { told[process.pid] = (rule.name, process.comm) }
    }
  }

  /// `nil` of a process that is not listed, or has become another.
  func rule(of process: SeenCandidate) -> String? {
    told[process.candidate.pid].flatMap { $0.comm == process.comm.printable ? $0.rule : nil }
  }

  /// Whether the rule's promise is made to this process of it: under `scope = "main"`, where no daemon tells, to
  /// whoever keeps it.
  func means(_ process: SeenCandidate, by rule: Rule, _ promised: OOMScoreAdj?) -> Bool {
    if rule.scope != .main || self.rule(of: process) != nil { return true }
    return promised.map { rule.isKept(by: process.candidate.score, promised: $0) } ?? false
  }
}
