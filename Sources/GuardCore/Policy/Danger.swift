/// What a rule would do that its author probably did not mean. Each is told at load and in `status`.
package enum Danger: Hashable, Sendable {
  /// `scope = "all"` on a unit in which people get shells, or other people's programs are started.
  case protectsSessions(unit: String)
  /// Immune, and nothing limits its memory.
  case immuneWithoutLimit(comm: String, pid: Int32)
  /// All of a memory cgroup is immune: when it reaches its limit there is nothing to kill in it.
  case immuneCgroupWithLimit(cgroup: String)
  /// The kernel killing any child ends the unit, the protected main process included.
  case unitEndsWithChild(unit: String, policy: String)

  /// Units that start sessions or other people's programs in their own cgroup.
  private static let sessionUnits = [
    "ssh.service", "sshd.service", "dropbear.service", "cron.service", "crond.service", "atd.service",
    "getty@tty1.service", "serial-getty@ttyS0.service", "console-getty.service", "inetd.service",
    "xinetd.service", "user@1000.service",
  ]

  /// What can be said of a rule without looking at the machine.
  package static func of(_ rule: Rule, score: OOMScoreAdj) -> [Danger] {
    guard rule.kind == .protect, rule.scope == .all, score < .zero else { return [] }
    return sessionUnits.filter { unit in rule.selector.units.contains { $0.matches(unit.utf8) } }
      .map { .protectsSessions(unit: $0) }
  }
}

extension Danger: CustomStringConvertible {
  /// What it means and how to mend it.
  package var description: String {
    switch self {
    case .protectsSessions(let unit):
      "scope = \"all\" protects what people start in '\(unit)' too; write scope = \"main\""
    case .immuneWithoutLimit(let comm, let pid):
      "'\(comm)' (\(pid)) is immune and nothing limits its memory: if it leaks, the machine goes down with it; "
        + "write score = -999, or give its unit MemoryMax="
    case .immuneCgroupWithLimit(let cgroup):
      "everything in '\(cgroup)' is immune: when it reaches its memory limit nothing can be killed there; "
        + "write score = -999"
    case .unitEndsWithChild(let unit, let policy):
      "OOMPolicy=\(policy) ends '\(unit)' when the kernel kills any process of it; mend it with: "
        + "systemctl edit \(unit), and there [Service] and OOMPolicy=continue"
    }
  }
}
