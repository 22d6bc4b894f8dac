extension StatusDocument {
  /// One rule of the configuration and the processes it holds.
  package struct Rule: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable { case protect, sacrifice }
    package enum Scope: String, Codable, Sendable { case main, all }

    package var name: String
    package var kind: Kind
    /// The promised score, -1000…1000.
    package var score: Int16
    /// `nil` for rules without one.
    package var scope: Scope?
    /// How many processes the rule matched, those that are not listed included.
    package var matched: Int
    /// What is odd about the rule: it matches nothing, it can be had by anybody.
    package var warning: String?
    /// At most ``StatusDocument/maximumProcessesPerRule``, those not held first.
    package var processes: [Process]

    package init(
      name: String, kind: Kind, score: Int16, scope: Scope?, matched: Int, warning: String? = nil,
      processes: [Process] = []
    ) {
      (self.name, self.kind, self.score, self.scope) = (name, kind, score, scope)
      (self.matched, self.warning, self.processes) = (matched, warning, processes)
    }
  }

  /// A process that a rule matched.
  package struct Process: Codable, Equatable, Sendable {
    package enum State: String, Codable, CaseIterable, Sendable {
      /// It carries what was promised, or more of it.
      case held
      /// Somebody else changed the score, and it is not repaired yet.
      case drifted
      /// oomguard gave way to the other writer.
      case yielded
      /// The kernel did not allow the write; see `error`.
      case refused
      /// Seen, but its unit's start job is not done, or this is a dry run.
      case pending
    }

    package var pid: Int32
    package var comm: String
    /// `nil` outside every unit, or where there is no cgroup to tell.
    package var unit: String?
    package var cgroup: String?
    /// What it carries now; `nil` if it could not be read.
    package var score: Int16?
    /// What it would carry without oomguard.
    package var base: Int16?
    package var state: State
    package var error: String?

    package init(
      pid: Int32, comm: String, unit: String?, cgroup: String?, score: Int16?, base: Int16?, state: State,
      error: String? = nil
    ) {
      (self.pid, self.comm, self.unit, self.cgroup) = (pid, comm, unit, cgroup)
      (self.score, self.base, self.state, self.error) = (score, base, state, error)
    }
  }
}
