package import GuardCore

extension StatusDocument.Kill {
  /// A kill as its log tells it. Names that are no UTF-8 are shown as `\xNN`; what only somebody who knows the
  /// machine can say (`id`, `at`, `protected`, `rule`) is `nil`.
  package init(_ kill: OOMKill) {
    self.init(
      id: nil, seq: kill.sequence, at: nil, victim: Victim(kill.victim), trigger: Trigger(kill.trigger),
      constraint: kill.constraint.map { Constraint($0) }, limitCgroup: kill.limitCgroup?.printable,
      tasksDumped: kill.tasksDumped, source: .kernelLog)
  }
}

extension StatusDocument.Kill.Victim {
  /// The unit is read off the cgroup, where the log names it.
  package init(_ victim: OOMKill.Victim) {
    self.init(
      pid: victim.pid, comm: victim.comm?.printable, uid: victim.uid,
      unit: victim.cgroup.flatMap { CgroupPath($0).unit?.printable }, cgroup: victim.cgroup?.printable,
      score: victim.score.flatMap { Int16(exactly: $0) }, totalVMKB: victim.totalVMKB,
      anonRSSKB: victim.anonRSSKB, fileRSSKB: victim.fileRSSKB, shmemRSSKB: victim.shmemRSSKB,
      pgtablesKB: victim.pgtablesKB)
  }
}

extension StatusDocument.Kill.Trigger {
  package init(_ trigger: OOMKill.Trigger?) {
    self.init(
      pid: trigger?.pid, comm: trigger?.comm?.printable, gfpMask: trigger?.gfpMask?.printable,
      order: trigger?.order)
  }
}

extension StatusDocument.Kill.Constraint {
  init(_ constraint: OOMKill.Constraint) {
    self =
      switch constraint {
      case .global: .global
      case .memcg: .memcg
      case .cpuset: .cpuset
      case .mempolicy: .mempolicy
      }
  }
}
