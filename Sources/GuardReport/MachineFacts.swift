package import GuardCore

/// What of a machine's settings `oomguardctl check` judges. What could not be read is `nil`, and judged by nobody.
package struct MachineFacts: Sendable {
  package struct Swap: Equatable, Sendable {
    package var name: String
    package var sizeKB, usedKB: UInt64

    package init(name: String, sizeKB: UInt64, usedKB: UInt64) {
      (self.name, self.sizeKB, self.usedKB) = (name, sizeKB, usedKB)
    }

    /// Swap in RAM itself, compressed.
    var isZRAM: Bool { name.hasPrefix("/dev/zram") }
  }

  /// A mounted tmpfs; ``MemoryLedger/Tmpfs`` says what it holds, this how far it may grow.
  package struct Tmpfs: Equatable, Sendable {
    package var path: String
    /// `nil` without a limit.
    package var limitKB: UInt64?

    package init(path: String, limitKB: UInt64?) { (self.path, self.limitKB) = (path, limitKB) }
  }

  /// A process that the kernel will not choose, whatever it takes.
  package struct ImmuneProcess: Equatable, Sendable {
    package var pid: Int32
    package var comm: String
    package var unit: String?
    package var rule: String?
    /// Its parent is immune too, so it was probably not meant to be.
    package var isInherited: Bool

    package init(pid: Int32, comm: String, unit: String? = nil, rule: String? = nil, isInherited: Bool) {
      (self.pid, self.comm, self.unit) = (pid, comm, unit)
      (self.rule, self.isInherited) = (rule, isInherited)
    }
  }

  /// Somebody else who ends processes when memory is short.
  package enum Killer: String, CaseIterable, Sendable {
    case earlyoom, nohang
    case systemdOOMD = "systemd-oomd"
    case oomd
  }

  package var memory: MemoryInfo?
  package var overcommit: Overcommit?
  package var overcommitRatio, overcommitKB: UInt64?
  package var swappiness: UInt64?
  package var minFreeKB, watermarkScale: UInt64?
  package var panicOnOOM, killsAllocating, dumpsTasks: UInt64?
  /// `nil` where it is not even known whether there is a /proc.
  package var hasPressure: Bool?
  package var stalls: UInt64?
  /// The `hidepid=` of /proc.
  package var hidePID: String?
  package var swaps: [Swap] = []
  package var tmpfs: [Tmpfs] = []
  package var segments: [SharedSegment] = []
  package var immune: [ImmuneProcess] = []
  package var killers: [Killer: Int32] = [:]
  package var units: [UnitFacts] = []
  package var rules: [Rule] = []

  package init() {}
}

/// What a unit, or a cgroup, that a rule means is set to.
package struct UnitFacts: Equatable, Sendable {
  /// A unit's name, or a cgroup's path.
  package var name: String
  package var isUnit: Bool
  package var rule: String
  package var ruleKind: Rule.Kind
  package var ruleScope: Rule.Scope?
  package var ruleScore: OOMScoreAdj
  package var processes: Int
  /// PID 1's answers; `nil` where it is not systemd, or does not know the property.
  package var oomPolicy: String?
  package var oomScoreAdjust: Int32?
  /// `memory.max` of its cgroup or of one above, and which.
  package var memoryLimitKB: UInt64?
  package var limitedBy: String?
  /// `memory.oom.group` of its cgroup or of one above.
  package var killsTogether: String?
  /// Slices above it in which systemd-oomd kills, and by which setting.
  package var managedOOM: [String] = []
  package var managedOOMPreference: String?

  package init(
    name: String, isUnit: Bool = true, rule: String, ruleKind: Rule.Kind = .protect,
    ruleScope: Rule.Scope? = .main, ruleScore: OOMScoreAdj, processes: Int = 1
  ) {
    (self.name, self.isUnit, self.rule, self.ruleKind) = (name, isUnit, rule, ruleKind)
    (self.ruleScope, self.ruleScore, self.processes) = (ruleScope, ruleScore, processes)
  }
}
