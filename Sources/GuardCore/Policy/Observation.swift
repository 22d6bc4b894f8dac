/// What a survey saw of one process.
package struct Observation: Equatable, Sendable {
  package var process: ProcessIdentity
  package var parent: Int32
  package var comm: Comm
  package var cgroup: CgroupPath?
  package var score: OOMScoreAdj
  /// Index of the rule that means it in ``RuleSet/rules``; `nil` if none does (any more).
  package var rule: Int?
  package var role: Role

  /// What a process is to the rule that means it.
  package enum Role: Equatable, Sendable {
    /// It is promised the score: every process of a rule with `scope = "all"` or without a scope, and
    /// the main process of one with `scope = "main"`.
    case member
    /// It belongs to a unit whose main process alone is meant.
    ///
    /// Forked by that one less than ``Ledger/birthTime`` ago, it may be about to write a score of its own.
    case child(ofMain: Int32, isNewborn: Bool = false)
    /// Its unit's main process is not known yet, or the unit's start job is not done, or its program has not
    /// begun: nothing is to be written, since what is written until then becomes the base.
    case awaiting
  }

  package init(
    process: ProcessIdentity, parent: Int32, comm: Comm, cgroup: CgroupPath?, score: OOMScoreAdj,
    rule: Int?, role: Role = .member
  ) {
    (self.process, self.parent, self.comm, self.cgroup) = (process, parent, comm, cgroup)
    (self.score, self.rule, self.role) = (score, rule, role)
  }
}

/// One write to be made, and why.
package struct ScoreChange: Equatable, Sendable {
  package enum Reason: String, Sendable {
    /// A process that a rule means for the first time.
    case promise
    /// Somebody else changed what was promised.
    case repair
    /// No rule means it any more, or it inherited what its main process alone is promised.
    case restore
  }
  package var process: ProcessIdentity
  package var comm: Comm
  package var cgroup: CgroupPath?
  /// Name of the rule that is, or was, the cause; empty where only a daemon before this one knew it.
  package var rule: String
  package var base: OOMScoreAdj
  package var old, new: OOMScoreAdj
  package var reason: Reason
  /// Whether to tell of it: a repair that is repeated is told once for each episode, and a child that does not
  /// keep what it inherited not at all, since a busy unit forks all day.
  package var isNews = true
  /// For a restore: the process whose promise it carries, if that is known. Should the two share their memory, and
  /// should that one still be promised what it has, neither can be changed without the other.
  package var partner: Int32?
}

extension ScoreChange: CustomStringConvertible {
  /// A line as `--dry-run` prints it: `promise 991 (postgres) 0 -> -900 by 'database'`.
  package var description: String {
    "\(reason.rawValue) \(process.pid) (\(comm.printable)) \(old) -> \(new)"
      + (rule.isEmpty ? "" : " by '\(rule)'")
  }
}

/// How carrying out a ``ScoreChange`` ended.
package enum ScoreOutcome: Equatable, Sendable {
  case written
  /// The process ended first, or its pid is another's by now.
  case left
  /// It shares its memory with a process that is promised what both of them carry.
  case shared
  /// Somebody else wrote between the look and the write, and is to be looked at first.
  case changed
  /// The kernel's reason, for people.
  case refused(String)
}
