internal import GuardCore

// What processes, units and other guards do to the promises made here.

private let resourceControl = "systemd.resource-control(5)"

extension MachineFacts {
  // MARK: Processes

  func processFindings() -> [Finding] {
    immune.filter { $0.isInherited && $0.rule == nil }.map { process in
      let unit = process.unit.map { " of \($0)" } ?? ""
      return Finding(
        "leaked-immunity", .warning, "pid \(process.pid) '\(process.comm)'",
        "\(process.comm)\(unit) has -1000 as its parent has, and no rule says so: it, and all it starts, "
          + "can take the "
          + "machine down without being killed",
        remedy: "choom -n 0 -p \(process.pid)", source: "Documentation/filesystems/proc.rst")
    }
  }

  // MARK: Units

  func unitFindings() -> [Finding] { units.flatMap { findings(of: $0) } }

  private func edit(_ unit: UnitFacts, _ section: String, _ setting: String) -> String {
    "systemctl edit \(unit.name.quotedForShell), and there [\(section)] and \(setting)"
  }

  private func findings(of unit: UnitFacts) -> [Finding] {
    let promise = "rule '\(unit.rule)'"
    var found: [Finding] = []
    if unit.ruleKind == .protect {
      found += groupFindings(of: unit, promise)
      if let limit = unit.memoryLimitKB, let limiter = unit.limitedBy {
        let own = limiter == unit.name ? "'\(unit.name)'" : "'\(limiter)', in which '\(unit.name)' is,"
        let isImmune = unit.ruleScore == .immune && unit.ruleScope != .main
        found.append(
          Finding(
            "unit-memory-limit", isImmune ? .danger : .info, unit.name,
            isImmune
              ? "\(promise) makes all of '\(unit.name)' immune, and \(own) may have \(limit.kibibytesText): at that limit there is "
                + "nothing to kill, and it hangs"
              : "\(own) may have \(limit.kibibytesText): at that limit the kernel kills in it, however much RAM is "
                + "free, and the score of \(promise) counts among its own processes only",
            remedy: edit(unit, unit.section, "MemoryMax=infinity"), source: resourceControl))
      }
    }
    if let adjust = unit.oomScoreAdjust, adjust != 0 {
      let score = Int32(unit.ruleScore.value)
      let isMoot = unit.ruleKind == .protect ? adjust <= score : adjust >= score
      let isAgainst = unit.ruleKind == .protect ? adjust > 0 : adjust < 0
      if isMoot || isAgainst {
        found.append(
          Finding(
            "unit-score", isMoot ? .info : .warning, unit.name,
            isMoot
              ? "OOMScoreAdjust=\(adjust) of '\(unit.name)' already goes as far as \(promise), which changes nothing"
              : "OOMScoreAdjust=\(adjust) of '\(unit.name)' says the opposite of \(promise), and counts whenever oomguard does not run",
            remedy: edit(unit, unit.section, "OOMScoreAdjust="), source: "systemd.exec(5)"))
      }
    }
    return found + managedFindings(of: unit, promise)
  }

  private func groupFindings(of unit: UnitFacts, _ promise: String) -> [Finding] {
    var found: [Finding] = []
    if let policy = unit.oomPolicy, policy != "continue", unit.processes > 1 {
      found.append(
        Finding(
          "unit-oom-policy", .warning, unit.name,
          "OOMPolicy=\(policy) ends all of '\(unit.name)' when the kernel kills any process of it, those "
            + "that \(promise) protects "
            + "too",
          remedy: edit(unit, unit.section, "OOMPolicy=continue"), source: "systemd.service(5)"))
    }
    // What OOMPolicy=kill has set itself was told just now.
    if let group = unit.killsTogether, unit.oomPolicy != "kill" {
      found.append(
        Finding(
          "unit-oom-group", .warning, unit.name,
          "memory.oom.group of '\(group)' is 1: the kernel kills all in it together, and of what \(promise) "
            + "protects "
            + "spares only what has -1000",
          remedy: "echo 0 >/sys/fs/cgroup\(group.quotedForShell)/memory.oom.group",
          source: "Documentation/admin-guide/cgroup-v2.rst"))
    }
    return found
  }

  private func managedFindings(of unit: UnitFacts, _ promise: String) -> [Finding] {
    guard unit.ruleKind == .protect, !unit.managedOOM.isEmpty,
      !["omit", "avoid"].contains(unit.managedOOMPreference ?? "none")
    else { return [] }
    let settings = unit.managedOOM.joined(separator: ", ")
    let isThere = killers[.systemdOOMD] != nil
    return [
      Finding(
        "unit-managed-oom", isThere ? .warning : .info, unit.name,
        "\(settings), above '\(unit.name)': systemd-oomd kills whole cgroups by their pressure and ignores "
          + "scores, so \(promise) does not "
          + "hold against it" + (isThere ? "" : "; it does not run now"),
        remedy: edit(unit, unit.section, "ManagedOOMPreference=omit"), source: "systemd-oomd.service(8)")
    ]
  }

  // MARK: Other guards

  func killerFindings() -> [Finding] {
    Killer.allCases.compactMap { killer in
      guard let pid = killers[killer] else { return nil }
      return Finding(
        "other-killer", .warning, killer.rawValue,
        "\(killer.rawValue) runs beside oomguard (pid \(pid)) and \(killer.manner)\(meaning(of: killer))",
        remedy: killer.remedy, source: killer.source)
    }
  }

  /// What it means for each rule.
  private func meaning(of killer: Killer) -> String {
    func named(_ rules: [Rule]) -> String { rules.map { "'\($0.name)'" }.joined(separator: ", ") }
    let protects = rules.filter { $0.kind == .protect }
    guard !protects.isEmpty else { return "" }
    switch killer {
    case .earlyoom, .nohang:
      let immune = protects.filter { $0.amount.score(totalBytes: 0) == .immune }
      let others = protects.filter { $0.amount.score(totalBytes: 0) != .immune }
      var parts: [String] = []
      if !immune.isEmpty { parts.append("it spares what these rules protect: \(named(immune))") }
      if !others.isEmpty {
        parts.append(
          "for these rules it goes by the lowered score, but earlier than the kernel: \(named(others))")
      }
      return parts.isEmpty ? "" : "; " + parts.joined(separator: "; ")
    case .systemdOOMD:
      let touched = Set(units.filter { !$0.managedOOM.isEmpty }.map(\.rule))
      let (hit, missed) = (
        protects.filter { touched.contains($0.name) }, protects.filter { !touched.contains($0.name) }
      )
      var parts: [String] = []
      if !hit.isEmpty { parts.append("it may kill what these rules protect: \(named(hit))") }
      if !missed.isEmpty { parts.append("no unit it acts on is of these: \(named(missed))") }
      return "; " + parts.joined(separator: "; ")
    case .oomd: return "; no rule holds against it: \(named(protects))"
    }
  }
}

extension MachineFacts.Killer {
  fileprivate var manner: String {
    switch self {
    case .earlyoom: "sends SIGTERM to the process with the highest oom_score before the kernel would"
    case .nohang: "ends processes by oom_score and its own rules before the kernel would"
    case .systemdOOMD: "kills whole cgroups by pressure and swap use, without regard to scores"
    case .oomd: "kills cgroups by its own rules, without regard to scores"
    }
  }

  fileprivate var remedy: String {
    switch self {
    case .earlyoom: "name what must live to it too, with --avoid, or: systemctl disable --now earlyoom"
    case .nohang: "name what must live in /etc/nohang/nohang.conf too, or: systemctl disable --now nohang"
    case .systemdOOMD:
      "set ManagedOOMPreference=omit in the units of each rule, or: systemctl disable --now systemd-oomd"
    case .oomd: "leave the rules' cgroups out of its configuration, or: systemctl disable --now oomd"
    }
  }

  fileprivate var source: String {
    switch self {
    case .earlyoom: "earlyoom(1)"
    case .nohang: "nohang(8)"
    case .systemdOOMD: "systemd-oomd.service(8)"
    case .oomd: "https://github.com/facebookincubator/oomd/blob/main/docs/configuration.md"
    }
  }
}

extension UnitFacts {
  /// The section of its unit file where its limits stand.
  fileprivate var section: String {
    if name.hasSuffix(".slice") { return "Slice" }
    return name.hasSuffix(".scope") ? "Scope" : "Service"
  }
}
