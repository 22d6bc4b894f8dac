package import GuardCore

extension StatusDocument.Kill {
  /// A kill as its log tells it. Names that are no UTF-8 are shown as `\xNN`; what only somebody who knows the
  /// machine can say (`id`, `at`, `protected`, `rule`) is `nil`.
  package init(_ kill: OOMKill) {
    self.init(
      id: nil, seq: kill.sequence, at: nil, victim: Victim(kill.victim), trigger: Trigger(kill.trigger),
      constraint: kill.constraint.map { Constraint($0) }, limitCgroup: kill.limitCgroup?.printable,
      tasksDumped: kill.tasksDumped, source: .kernelLog)
    settleLimit(
      of: kill.victim.cgroup.map { CgroupPath($0) }, hit: kill.limitCgroup.map { CgroupPath($0) })
  }

  /// Says whose limit was hit, as far as the constraint and these cgroups tell.
  package mutating func settleLimit(of victim: CgroupPath?, hit limitCgroup: CgroupPath?) {
    limit = constraint == .global ? .machine : nil
    guard let victim, let limitCgroup else { return }
    let unit = victim.isSlice ? victim : victim.unitPath ?? victim
    let isWithinUnit = limitCgroup == unit || limitCgroup.bytes.starts(with: unit.bytes + [UInt8(ascii: "/")])
    limit = isWithinUnit ? .own : .parent
  }
}

extension StatusDocument.Kill.Victim {
  /// The unit is read off the cgroup, where the log names it.
  package init(_ victim: OOMKill.Victim) {
    self.init(
      pid: victim.pid, comm: victim.comm?.printable, uid: victim.uid,
      score: victim.score.flatMap { Int16(exactly: $0) }, totalVMKB: victim.totalVMKB,
      anonRSSKB: victim.anonRSSKB, fileRSSKB: victim.fileRSSKB, shmemRSSKB: victim.shmemRSSKB,
      pgtablesKB: victim.pgtablesKB)
    if let cgroup = victim.cgroup { settle(in: CgroupPath(cgroup)) }
  }

  /// Says where it was, and whatever the cgroup's name tells of that.
  package mutating func settle(in cgroup: CgroupPath) {
    self.cgroup = cgroup.description
    (unit, userUnit) = (cgroup.unit?.printable, cgroup.userUnit?.printable)
    (container, pod) = (cgroup.containerID?.printable, cgroup.podUID?.printable)
  }
}

extension StatusDocument.Kill.Trigger {
  package init(_ trigger: OOMKill.Trigger?) {
    self.init(
      pid: trigger?.pid, comm: trigger?.comm?.printable, gfpMask: trigger?.gfpMask?.printable,
      order: trigger?.order)
  }
}

extension [StatusDocument.ConstraintCount] {
  package init(_ tally: KillTally) {
    self = OOMKill.Constraint.allCases.compactMap { constraint in
      tally.counts[constraint].map { .init(.init(constraint), total: $0.total, protected: $0.protected) }
    }
  }
}

extension StatusDocument.Kill.Constraint {
  package init(_ constraint: OOMKill.Constraint) {
    self =
      switch constraint {
      case .global: .global
      case .memcg: .memcg
      case .cpuset: .cpuset
      case .mempolicy: .mempolicy
      }
  }
}
