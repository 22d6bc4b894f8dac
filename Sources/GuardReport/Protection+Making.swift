internal import GuardCore
package import GuardLinux
package import GuardStatus

extension Protection {
  /// Writes a rule for a unit, has it loaded, and waits for what comes of it.
  ///
  /// - Parameters:
  ///   - runtime: until the next boot only.
  ///   - wall: the wall clock.
  package static func protect(
    _ name: String, score number: Int, runtime: Bool, in root: RootDirectory, wall: () -> Timestamp
  ) throws(Refusal) -> Protection {
    guard let score = OOMScoreAdj(number) else {
      throw Refusal(.usage, "a score is a number from -1000 to 1000, and \(number) is none")
    }
    guard score != .immune else {
      throw Refusal(
        .usage,
        "-1000 makes the unit immune, and if it leaks, it takes the machine down; say -999, or write a rule "
          + "with allow_immune = true")
    }
    try requireRoot(root)
    let daemon = DaemonAtWork(in: root, StatusFile(in: root).reading(at: wall()))
    let dropIn = try DropIn(for: name, daemon.before, in: root)
    let path = try dropIn.path(runtime: runtime)
    if runtime, let hiding = dropIn.present.first, hiding != path {
      throw Refusal(
        .usage,
        "'\(dropIn.shown(hiding))' protects it for good already, and hides what is for now; leave --runtime out"
      )
    }
    let rules = try dropIn.rules(after: [:])
    let isTaken = rules.contains { $0.name == dropIn.unit && !dropIn.isOurs($0.position) }
    let rule = isTaken ? "\(dropIn.unit) (oomguardctl)" : dropIn.unit
    let text = dropIn.text(rule: rule, score: score)
    let after = try dropIn.rules(after: [path: text])
    if let first = after.first(where: { $0.meansAll(of: dropIn.unit) }), !dropIn.isOurs(first.position) {
      throw Refusal(
        .finding,
        "the rule '\(first.name)' at \(first.position) means it already, and comes first; change the score there, "
          + "then: systemctl reload oomguard")
    }

    let previous = dropIn.text(at: path)
    try dropIn.write(text, to: path)
    let status: StatusDocument?
    do throws(Refusal) {
      status = try daemon.load(expecting: rule, wall: wall)
    } catch {
      // What the daemon does not take must not wait there for its next start.
      if error.exitStatus == .finding {
        if let previous { try dropIn.write(previous, to: path) } else { try dropIn.remove(path) }
      }
      throw error
    }
    var answer = Protection(
      unit: dropIn.unit, rule: rule, score: score.value, files: [dropIn.shown(path)], isLoaded: status != nil,
      processes: [], notes: [])
    guard let status else {
      answer.problem = daemon.before.problem?.description ?? "oomguardd is not running"
      return answer
    }
    let told = status.rules.first { $0.name == rule }
    answer.processes = told?.processes.map { Process($0) } ?? []
    if answer.processes.isEmpty {
      answer.notes.append(
        "it means no process: is it running, and is that its name? See: systemctl status '\(dropIn.unit)'")
    }
    return answer
  }

  /// Takes the rule back that ``protect(_:score:runtime:in:wall:)`` wrote.
  package static func unprotect(
    _ name: String, in root: RootDirectory, wall: () -> Timestamp
  ) throws(Refusal) -> Protection {
    try requireRoot(root)
    let daemon = DaemonAtWork(in: root, StatusFile(in: root).reading(at: wall()))
    let dropIn = try DropIn(for: name, daemon.before, in: root)
    let paths = dropIn.present
    guard !paths.isEmpty else {
      let rules = try dropIn.rules(after: [:])
      guard let rule = rules.first(where: { $0.means(dropIn.unit) }) else {
        throw Refusal(.usage, "no rule means '\(dropIn.unit)'; see which there are with: oomguardctl status")
      }
      throw Refusal(
        .finding,
        "the rule '\(rule.name)' at \(rule.position) means it, and was not written by oomguardctl; take it out "
          + "there, then: systemctl reload oomguard")
    }
    let changes = Dictionary(uniqueKeysWithValues: paths.map { ($0, [UInt8]?.none) })
    let own = try dropIn.rules(after: [:]).first { dropIn.isOurs($0.position) }?.name
    let rest = try dropIn.rules(after: changes).first { $0.means(dropIn.unit) }
    for path in paths { try dropIn.remove(path) }
    let status = try daemon.load(wall: wall)

    var answer = Protection(
      unit: dropIn.unit, rule: rest?.name, score: nil, files: paths.map(dropIn.shown),
      isLoaded: status != nil,
      processes: [], notes: [])
    if let rest { answer.notes.append("the rule '\(rest.name)' at \(rest.position) means it still") }
    guard let status else {
      answer.problem = daemon.before.problem?.description ?? "oomguardd is not running"
      return answer
    }
    if let rest {
      answer.processes = status.rules.first { $0.name == rest.name }?.processes.map { Process($0) } ?? []
    } else {
      let before = daemon.before.document?.rules.first { $0.name == own }?.processes ?? []
      answer.processes = before.compactMap { process in
        guard let score = score(of: process, root) else { return nil }
        return Process(pid: process.pid, comm: process.comm, score: score, base: process.base, state: nil)
      }
    }
    return answer
  }

  private static func score(of process: StatusDocument.Process, _ root: RootDirectory) -> Int16? {
    (try? ProcDirectory(in: root).process(process.pid).score())?.value
  }

  /// Said before anything is read, and not by the first file that cannot be written.
  private static func requireRoot(_ root: RootDirectory) throws(Refusal) {
    guard root.isMachine, OwnProcess.effectiveUID != 0 else { return }
    throw Refusal(.notPermitted, "only root may change what is protected; run it with sudo")
  }
}

extension Protection.Process {
  init(_ process: StatusDocument.Process) {
    self.init(
      pid: process.pid, comm: process.comm, score: process.score, base: process.base, state: process.state)
  }
}

extension Rule {
  /// Whether it names the unit.
  fileprivate func means(_ unit: String) -> Bool {
    selector.units.contains { $0.pattern == unit || $0.matches(Array(unit.utf8)) }
  }

  /// Whether it asks for nothing else, so that a later rule for the unit never has its turn.
  fileprivate func meansAll(of unit: String) -> Bool {
    means(unit) && selector.userUnits.isEmpty && selector.cgroups.isEmpty && selector.exes.isEmpty
      && selector.comms.isEmpty && selector.cmdlines.isEmpty && selector.users.isEmpty
  }
}
