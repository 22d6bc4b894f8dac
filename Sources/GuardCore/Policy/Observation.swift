/// What a survey saw of one process.
package struct Observation: Equatable, Sendable {
  package var process: ProcessIdentity
  package var parent: Int32
  package var comm: [UInt8]
  package var cgroup: CgroupPath?
  package var score: OOMScoreAdj
  /// Index of the rule that means it in ``RuleSet/rules``; `nil` if none does (any more).
  package var rule: Int?

  package init(
    process: ProcessIdentity, parent: Int32, comm: [UInt8], cgroup: CgroupPath?, score: OOMScoreAdj,
    rule: Int?
  ) {
    (self.process, self.parent, self.comm, self.cgroup) = (process, parent, comm, cgroup)
    (self.score, self.rule) = (score, rule)
  }
}

/// One write to be made, and why.
package struct ScoreChange: Equatable, Sendable {
  package enum Reason: String, Sendable {
    /// A process that a rule means for the first time.
    case promise
    /// Somebody else changed what was promised.
    case repair
    /// No rule means it any more.
    case restore
  }
  package var process: ProcessIdentity
  package var comm: [UInt8]
  package var cgroup: CgroupPath?
  /// Name of the rule that is, or was, the cause.
  package var rule: String
  package var base: OOMScoreAdj
  package var old, new: OOMScoreAdj
  package var reason: Reason
}

extension ScoreChange: CustomStringConvertible {
  /// A line as `--dry-run` prints it: `promise 991 (postgres) 0 -> -900 by 'database'`.
  package var description: String {
    "\(reason.rawValue) \(process.pid) (\(comm.printable)) \(old) -> \(new) by '\(rule)'"
  }
}

/// How carrying out a ``ScoreChange`` ended.
package enum ScoreOutcome: Equatable, Sendable {
  case written
  /// The process ended first, or its pid is another's by now.
  case left
  /// The kernel's reason, for people.
  case refused(String)
}
