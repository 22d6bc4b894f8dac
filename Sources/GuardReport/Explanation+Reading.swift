internal import GuardConfig
internal import GuardCore
package import GuardLinux
package import GuardStatus

/// Why nothing can be said of a process.
package enum ExplanationProblem: Error, Equatable, CustomStringConvertible {
  case noProcess(Int32)
  /// /proc itself, or what every process shows there.
  case unreadable(String, isNotPermitted: Bool)

  package var exitStatus: ExitStatus {
    switch self {
    case .noProcess: .usage
    case .unreadable(_, let isNotPermitted): isNotPermitted ? .notPermitted : .usage
    }
  }

  package var description: String {
    switch self {
    case .noProcess(let pid): "no process \(pid); see which there are with: ps -e"
    case .unreadable(let why, isNotPermitted: true): "\(why); run as root"
    case .unreadable(let why, isNotPermitted: false): "\(why); /proc must be mounted"
    }
  }

  fileprivate init(_ error: SystemCallError) {
    self = .unreadable("\(error)", isNotPermitted: error.isNotPermitted)
  }

  fileprivate init(_ error: ProcessError, pid: Int32) {
    self =
      switch error {
      case .left: .noProcess(pid)
      case .system(let error): .init(error)
      case .changed, .text: .unreadable("/proc/\(pid): \(error)", isNotPermitted: false)
      }
  }
}

extension Explanation {
  /// - Parameters:
  ///   - pid: of a process or of one of its threads, which stands for it.
  ///   - file: the configuration to go by, as `oomguardd --config` takes it; `nil` for the one in force.
  ///   - now: the wall clock.
  package init(
    of pid: Int32, config file: String?, in root: RootDirectory, at now: Timestamp
  ) throws(ExplanationProblem) {
    let proc: ProcDirectory
    do throws(SystemCallError) {
      proc = try ProcDirectory(in: root)
    } catch {
      throw ExplanationProblem(error)
    }
    var facts: ExplainedProcess
    do throws(ProcessError) {
      facts = try ExplainedProcess(pid, in: proc, root)
    } catch {
      throw ExplanationProblem(error, pid: pid)
    }
    let daemon = StatusFile(in: root).reading(at: now)
    let memory = root.memory
    let (ramKB, swapKB) = (memory?.totalKB ?? 0, memory?.swapTotalKB ?? 0)
    let scale = BadnessScale(totalKB: ramKB &+ swapKB, pageBytes: Machine.pageBytes)

    (self.pid, comm, score, status) = (facts.stat.pid, facts.stat.comm.printable, facts.score, facts.status)
    (unit, cgroup) = (facts.cgroup?.unit?.printable, facts.cgroup?.description)
    (shared, parent) = (facts.shared, Self.parent(of: facts.stat, in: proc))
    told = Self.told(of: facts.stat, by: daemon)

    let candidate = OOMCandidate(pid: facts.stat.pid, facts.status, score: facts.score)
    (self.scale, badness) = (scale, candidate.badness(on: scale))
    if let exemption = candidate.exemption {
      standing = .never(exemption)
    } else if proc.hidesProcesses() {
      standing = .unknown
      notes.append("other users' processes are hidden here; run as root to see who would be killed first")
    } else {
      standing = try Self.standing(of: candidate, in: proc, scale)
    }
    fork = facts.fork

    if daemon.daemon != .running, let problem = daemon.problem {
      notes.append("the base is not known: \(problem)")
    }
    do {
      let rules = try RulesInForce(config: file, in: root, daemon).set.rules
      if let rule = facts.firstMatch(of: rules) {
        promise = Promise(
          rule: rule, score: rule.amount.score(totalBytes: (ramKB &+ swapKB) &* 1024), ramKB: ramKB,
          swapKB: swapKB)
      } else if facts.hidesExecutable, rules.contains(where: { !$0.selector.exes.isEmpty }) {
        isRuleKnown = false
        notes.append("its executable may not be read, so rules by 'exe' could not be tried; run as root")
      }
    } catch {
      isRuleKnown = false
      notes += error.lines
    }
    if let promise, let told, promise.rule.name != told.rule {
      notes.append(
        "the daemon counts it to the rule '\(told.rule)': the configuration has changed since it was loaded; "
          + "load it with: systemctl reload oomguard")
    }
  }

  private static func parent(of stat: ProcessStat, in proc: borrowing ProcDirectory) -> Parent? {
    guard stat.parentPID > 0, let parent = try? proc.process(stat.parentPID), let about = try? parent.stat(),
      let score = try? parent.score()
    else { return nil }
    return Parent(pid: about.pid, comm: about.comm.printable, score: score)
  }

  /// What a daemon at work lists the process under; an old document's pids may be others' by now.
  private static func told(of stat: ProcessStat, by daemon: StatusReading) -> Told? {
    guard daemon.daemon == .running, let document = daemon.document else { return nil }
    for rule in document.rules {
      if let process = rule.processes.first(where: { $0.pid == stat.pid && $0.comm == stat.comm.printable }) {
        return Told(rule: rule.name, process: process)
      }
    }
    return nil
  }

  private static func standing(
    of candidate: OOMCandidate, in proc: borrowing ProcDirectory, _ scale: BadnessScale
  ) throws(ExplanationProblem) -> Standing {
    let others: [OOMCandidate]
    do throws(SystemCallError) {
      let pids = try proc.pids().filter { $0 != candidate.pid }
      others = proc.candidates(among: pids).map(\.candidate)
    } catch {
      throw ExplanationProblem(error)
    }
    let forecast = Forecast(others + [candidate], on: scale)
    let place = forecast.places.firstIndex { $0.index == others.count }
    return place.map { .rank($0 + 1, of: forecast.places.count) } ?? .unknown
  }
}
