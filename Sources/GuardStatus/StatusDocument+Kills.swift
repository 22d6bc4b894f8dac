extension StatusDocument {
  /// The kernel's OOM kills of this boot.
  package struct Kills: Codable, Equatable, Sendable {
    /// Of this boot, unlogged ones included.
    package var total: UInt64
    /// Of these, victims that held a promise when they died.
    package var protected: UInt64
    /// Kernel log records that were overwritten before they could be read.
    package var lostRecords: UInt64
    /// Kills that another witness counted but no log line told of.
    package var unlogged: UInt64
    /// How many had which constraint; those of which it is not known are not among them.
    package var constraints: [ConstraintCount]
    /// The kernel's own count, `oom_kill` of /proc/vmstat; since Linux 4.13.
    package var vmstatOOMKill: UInt64?
    /// At most ``StatusDocument/maximumKills``, newest last.
    package var last: [Kill]
    /// In the daemon, which writes the same ones again and again, these stand before ``last``; where a document was
    /// read there are none.
    package var kept = KeptKills()

    package init(
      total: UInt64 = 0, protected: UInt64 = 0, lostRecords: UInt64 = 0, unlogged: UInt64 = 0,
      constraints: [ConstraintCount] = [], vmstatOOMKill: UInt64? = nil, last: [Kill] = []
    ) {
      (self.total, self.protected, self.lostRecords) = (total, protected, lostRecords)
      (self.unlogged, self.constraints) = (unlogged, constraints)
      (self.vmstatOOMKill, self.last) = (vmstatOOMKill, last)
    }

    private enum CodingKeys: String, CodingKey {
      case total, protected
      case lostRecords = "lost_records"
      case unlogged, constraints
      case vmstatOOMKill = "vmstat_oom_kill"
      case last
    }

    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(total, forKey: .total)
      try container.encode(protected, forKey: .protected)
      try container.encode(lostRecords, forKey: .lostRecords)
      try container.encode(unlogged, forKey: .unlogged)
      try container.encode(constraints, forKey: .constraints)
      try container.encode(vmstatOOMKill, forKey: .vmstatOOMKill)
      var list = container.nestedUnkeyedContainer(forKey: .last)
      try kept.encode(into: &list)
      for kill in last { try list.encode(kill) }
    }
  }

  /// Kills of one constraint.
  package struct ConstraintCount: Codable, Equatable, Sendable {
    package var constraint: Kill.Constraint
    package var total: UInt64
    /// Of these, victims that held a promise when they died.
    package var protected: UInt64

    package init(_ constraint: Kill.Constraint, total: UInt64, protected: UInt64) {
      (self.constraint, self.total, self.protected) = (constraint, total, protected)
    }
  }

  /// One process killed by the kernel's OOM killer. What the report does not say is `nil`.
  package struct Kill: Codable, Equatable, Sendable {
    package enum Constraint: String, Codable, Sendable { case global, memcg, cpuset, mempolicy }
    /// Whose limit was hit, beside which one.
    package enum Limit: String, Codable, Sendable {
      /// That of the victim's own unit, or of a cgroup in it.
      case own
      /// That of a cgroup above the unit.
      case parent
      case machine
    }
    package enum Source: String, Codable, Sendable {
      case kernelLog = "kernel-log"
      case memoryEvents = "memory-events"
      case vmstat
    }

    /// `<first 8 hex of the boot id>-<seq>`, or `…-u<n>` for a kill no log line told of; `nil` in a log's
    /// text, which does not name its boot.
    package var id: String?
    /// Of the kernel log record.
    package var seq: UInt64?
    /// `nil` where only the kernel's own clock, or none, is known.
    package var at: Timestamp?
    package var victim: Victim
    package var trigger: Trigger
    package var constraint: Constraint?
    /// The cgroup whose limit was hit, as the kernel prints it.
    package var limitCgroup: String?
    /// `nil` where it is not known, and where a cpuset or memory policy was the cause.
    package var limit: Limit?
    /// Whether the victim held a promise when it died.
    package var protected: Bool?
    /// The rule of its unit, even if the scope left the victim out.
    package var rule: String?
    /// Rows of the task table in the report.
    package var tasksDumped: Int?
    package var source: Source

    package init(
      id: String?, seq: UInt64?, at: Timestamp?, victim: Victim, trigger: Trigger = Trigger(),
      constraint: Constraint? = nil, limitCgroup: String? = nil, limit: Limit? = nil, protected: Bool? = nil,
      rule: String? = nil, tasksDumped: Int? = nil, source: Source
    ) {
      (self.id, self.seq, self.at, self.victim, self.trigger) = (id, seq, at, victim, trigger)
      (self.constraint, self.limitCgroup, self.limit) = (constraint, limitCgroup, limit)
      (self.protected, self.rule, self.tasksDumped, self.source) = (protected, rule, tasksDumped, source)
    }

    private enum CodingKeys: String, CodingKey {
      case id, seq, at, victim, trigger, constraint
      case limitCgroup = "limit_cgroup"
      case limit, protected, rule
      case tasksDumped = "tasks_dumped"
      case source
    }

    /// The process that was killed. Sizes in KiB, as the kernel prints them.
    package struct Victim: Codable, Equatable, Sendable {
      package var pid: Int32?
      package var comm: String?
      package var uid: UInt32?
      package var unit: String?
      /// Of a user's own manager, whose own unit is ``unit``.
      package var userUnit: String?
      /// The id of the container it was in, as the engines name a container's cgroup.
      package var container: String?
      /// The uid of its Kubernetes pod.
      package var pod: String?
      /// Of a kill no log line told of: the deepest whose counter shows it. The victim was in it, or in one below
      /// it that is gone.
      package var cgroup: String?
      package var score: Int16?
      package var totalVMKB: UInt64?
      package var anonRSSKB: UInt64?
      package var fileRSSKB: UInt64?
      package var shmemRSSKB: UInt64?
      package var pgtablesKB: UInt64?

      package init(
        pid: Int32? = nil, comm: String? = nil, uid: UInt32? = nil, unit: String? = nil,
        userUnit: String? = nil, container: String? = nil, pod: String? = nil, cgroup: String? = nil,
        score: Int16? = nil, totalVMKB: UInt64? = nil, anonRSSKB: UInt64? = nil,
        fileRSSKB: UInt64? = nil, shmemRSSKB: UInt64? = nil, pgtablesKB: UInt64? = nil
      ) {
        (self.pid, self.comm, self.uid, self.unit, self.cgroup) = (pid, comm, uid, unit, cgroup)
        (self.userUnit, self.container, self.pod) = (userUnit, container, pod)
        (self.score, self.totalVMKB, self.anonRSSKB) = (score, totalVMKB, anonRSSKB)
        (self.fileRSSKB, self.shmemRSSKB, self.pgtablesKB) = (fileRSSKB, shmemRSSKB, pgtablesKB)
      }

      private enum CodingKeys: String, CodingKey {
        case pid, comm, uid, unit
        case userUnit = "user_unit"
        case container, pod, cgroup, score
        case totalVMKB = "total_vm_kb"
        case anonRSSKB = "anon_rss_kb"
        case fileRSSKB = "file_rss_kb"
        case shmemRSSKB = "shmem_rss_kb"
        case pgtablesKB = "pgtables_kb"
      }
    }

    /// The task whose allocation failed; all `nil` where no report names it.
    package struct Trigger: Codable, Equatable, Sendable {
      /// A thread's id: it need not be the victim's pid even if it is the same program.
      package var pid: Int32?
      package var comm: String?
      /// In hexadecimal, as printed: `0x140cca`.
      package var gfpMask: String?
      /// The allocation was 2^order pages; -1 for SysRq-f.
      package var order: Int?

      package init(pid: Int32? = nil, comm: String? = nil, gfpMask: String? = nil, order: Int? = nil) {
        (self.pid, self.comm, self.gfpMask, self.order) = (pid, comm, gfpMask, order)
      }

      private enum CodingKeys: String, CodingKey {
        case pid, comm
        case gfpMask = "gfp_mask"
        case order
      }
    }
  }
}
