internal import GuardCore
package import GuardLinux
package import GuardStatus
internal import GuardSystemd

/// Whether a machine is set up sanely: `oomguardctl check`.
package struct MachineCheck: Sendable, Encodable {
  package var findings: [Finding]
  /// What could not be looked at, and why.
  package var notes: [String]

  /// - Parameters:
  ///   - file: the configuration to go by, as `oomguardd --config` takes it; `nil` for the one in force.
  ///   - now: the wall clock.
  package init(config file: String?, in root: RootDirectory, at now: Timestamp) {
    var reader = FactsReader(root)
    reader.readSettings()
    reader.readProcesses(config: file, at: now)
    (findings, notes) = (reader.facts.findings(), reader.notes)
  }

  package var exitStatus: ExitStatus { findings.contains { $0.severity >= .warning } ? .finding : .fine }

  package func lines(in appearance: Appearance) -> [String] {
    var lines: [String] = []
    for finding in findings {
      let colour: Colour? =
        switch finding.severity {
        case .info: nil
        case .warning: .caution
        case .danger: .bad
        }
      lines += [
        appearance.paint(finding.severity.rawValue, colour)
          + ": \(finding.message) [\(finding.id)]".shown(in: appearance),
        "  mend: \(finding.remedy)".shown(in: appearance), "  see:  \(finding.source)", "",
      ]
    }
    let counts = Finding.Severity.allCases.reversed().compactMap { severity -> String? in
      let count = findings.count { $0.severity == severity }
      return count > 0 ? "\(count) \(severity.rawValue)" : nil
    }
    let nothing = notes.isEmpty ? "Nothing to mend." : "Nothing to mend in what could be looked at."
    lines.append(counts.isEmpty ? nothing : "Found: \(counts.joined(separator: ", "))")
    return lines + notes.map { "! \($0)".shown(in: appearance) }
  }
}

/// Reads what ``MachineFacts`` judges.
private struct FactsReader {
  let root: RootDirectory
  var facts = MachineFacts()
  var notes: [String] = []

  init(_ root: RootDirectory) { self.root = root }

  // MARK: Settings

  mutating func readSettings() {
    func vm(_ name: String) -> UInt64? { root.number("/proc/sys/vm/\(name)") }
    (facts.memory, facts.overcommit) = (root.memory, root.overcommit)
    (facts.overcommitRatio, facts.overcommitKB) = (vm("overcommit_ratio"), vm("overcommit_kbytes"))
    (facts.swappiness, facts.minFreeKB) = (vm("swappiness"), vm("min_free_kbytes"))
    facts.watermarkScale = vm("watermark_scale_factor")
    facts.panicOnOOM = vm("panic_on_oom")
    facts.killsAllocating = vm("oom_kill_allocating_task")
    facts.dumpsTasks = vm("oom_dump_tasks")
    if root.exists("/proc/meminfo") { facts.hasPressure = root.exists("/proc/pressure/memory") }
    facts.stalls = root.vmstat?.allocationStalls
    facts.swaps = swaps()
    facts.segments = root.sharedSegments ?? []
    readMounts()
    if facts.memory == nil { notes.append("/proc/meminfo cannot be read: no size could be judged") }
  }

  private func swaps() -> [MachineFacts.Swap] {
    // Filename, type, size and used in KiB, priority: proc_swaps(5).
    let lines = ((try? root.read("/proc/swaps")) ?? []).split(separator: UInt8(ascii: "\n"))
    return lines.dropFirst().compactMap { line in
      let fields = line.split { $0.isBlank }
      guard fields.count >= 4, let size = UInt64(ascii: fields[2]), let used = UInt64(ascii: fields[3]) else {
        return nil
      }
      return .init(name: fields[0].printable, sizeKB: size, usedKB: used)
    }
  }

  private mutating func readMounts() {
    guard let text = try? root.read("/proc/self/mountinfo", limit: 1 << 24) else { return }
    var seen: Set<DeviceNumber> = []
    for mount in MountTable(text).visible {
      let options = mount.options.split(separator: UInt8(ascii: ","))
      if mount.type.elementsEqual("tmpfs".utf8), !options.contains(where: { $0.equals("ro") }),
        seen.insert(mount.device).inserted
      {
        facts.tmpfs.append(
          .init(
            path: mount.path.printable, limitKB: mount.tmpfsLimitKB(ramKB: facts.memory?.totalKB ?? 0)))
      } else if mount.type.elementsEqual("proc".utf8), mount.path.elementsEqual("/proc".utf8) {
        facts.hidePID = options.first { $0.starts(with: "hidepid=") }.map { $0.dropFirst(8).printable }
      }
    }
  }

  // MARK: Processes and units

  mutating func readProcesses(config file: String?, at now: Timestamp) {
    let daemon = StatusFile(in: root).reading(at: now)
    var rules: RuleSet?
    do {
      rules = try RulesInForce(config: file, in: root, daemon).set
    } catch {
      notes += error.lines
    }
    facts.rules = rules?.rules ?? []
    guard let proc = try? ProcDirectory(in: root), let pids = try? proc.pids() else {
      return notes.append("/proc cannot be listed: no process could be looked at")
    }
    if proc.hidesProcesses() {
      notes.append("other users' processes are hidden here; run as root to have them looked at")
    }
    let homes = Homes(in: root, nil)
    var matcher = rules.map { RuleMatcher($0, homes, root: root, file == nil ? DaemonsWord(daemon) : nil) }
    var meant: [CgroupPath: (rule: Rule, score: OOMScoreAdj, processes: Int)] = [:]
    for process in proc.candidates(among: pids) where process.candidate.rssKB != nil {
      let pid = process.candidate.pid
      let (home, rule) = (homes.cgroup(of: pid, in: proc), matcher?.rule(of: process, in: proc))
      if let home, let rule, let score = matcher?.score(of: rule) {
        let place = home.unitPath ?? home
        meant[place] = (rule, score, (meant[place]?.processes ?? 0) + 1)
      }
      note(process, home, rule, in: proc)
    }
    notes += matcher?.notes ?? []
    readUnits(meant)
  }

  private mutating func note(
    _ process: SeenCandidate, _ home: CgroupPath?, _ rule: Rule?, in proc: borrowing ProcDirectory
  ) {
    let pid = process.candidate.pid
    let unit = home?.unit?.printable
    if process.candidate.score == .immune {
      let parent = proc.parent(of: pid).flatMap { try? proc.process($0).score() }
      facts.immune.append(
        .init(
          pid: pid, comm: process.comm.printable, unit: unit, rule: rule?.name,
          isInherited: parent == .immune))
    }
    // Any user may call a program so; these run as root, or in the unit of their package.
    guard let killer = MachineFacts.Killer(rawValue: process.comm.printable) else { return }
    let isRoot = (try? proc.process(pid).read("status")).flatMap { ProcessStatus($0).effectiveUID } == 0
    if isRoot || unit == "\(killer.rawValue).service" { facts.killers[killer] = pid }
  }

  private mutating func readUnits(
    _ meant: [CgroupPath: (rule: Rule, score: OOMScoreAdj, processes: Int)]
  ) {
    let bus = root.isMachine && !meant.isEmpty ? UnitProperties() : nil
    for (path, (rule, score, processes)) in meant.sorted(by: { $0.key.description < $1.key.description }) {
      let name = path.unit.flatMap { String(validating: $0, as: UTF8.self) }
      var unit = UnitFacts(
        name: name ?? path.description, isUnit: name != nil, rule: rule.name, ruleKind: rule.kind,
        ruleScope: rule.scope, ruleScore: score, processes: processes)
      if let tree = try? CgroupTree(ofMemoryIn: root) { readLimits(of: path, into: &unit, tree) }
      if let bus, let name { readProperties(of: name, path, into: &unit, bus) }
      facts.units.append(unit)
    }
    if root.isMachine, !meant.isEmpty, bus == nil {
      notes.append(
        "PID 1 is not systemd, or does not answer: OOMPolicy and ManagedOOM settings are not known")
    }
  }

  private func readLimits(
    of path: CgroupPath, into unit: inout UnitFacts, _ tree: borrowing CgroupTree
  ) {
    var above: CgroupPath? = path
    while let cgroup = above {
      if let limit = tree.memoryLimit(of: cgroup, swappiness: nil)?.memoryKB,
        limit < unit.memoryLimitKB ?? .max
      {
        unit.memoryLimitKB = limit
        unit.limitedBy = cgroup == path ? unit.name : cgroup.description
      }
      if let text = try? tree.read("memory.oom.group", of: cgroup), text.starts(with: "1") {
        unit.killsTogether = cgroup.description
      }
      above = cgroup.parent
    }
  }

  private func readProperties(
    of name: String, _ path: CgroupPath, into unit: inout UnitFacts, _ bus: UnitProperties
  ) {
    let interface = name.hasSuffix(".slice") ? "Slice" : name.hasSuffix(".scope") ? "Scope" : "Service"
    if interface == "Service" {
      unit.oomPolicy = bus.text("OOMPolicy", of: interface, unit: name)
      unit.oomScoreAdjust = bus.integer("OOMScoreAdjust", of: interface, unit: name)
    }
    unit.managedOOMPreference = bus.text("ManagedOOMPreference", of: interface, unit: name)
    // systemd-oomd kills below a unit that is set so, never that unit itself: systemd-oomd.service(8).
    let slices =
      ["-.slice"] + path.systemUnits.dropLast().compactMap { String(validating: $0, as: UTF8.self) }
    for slice in slices {
      for setting in ["ManagedOOMMemoryPressure", "ManagedOOMSwap"]
      where bus.text(setting, of: "Slice", unit: slice) == "kill" {
        unit.managedOOM.append("\(setting)=kill of '\(slice)'")
      }
    }
  }
}
