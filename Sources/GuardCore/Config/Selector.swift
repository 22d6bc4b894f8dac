/// The part of a rule that says which processes: all of its lists must match, any value in a list may.
/// An empty list says nothing.
package struct Selector: Equatable, Sendable {
  package enum User: Equatable, Sendable {
    case uid(UInt32)
    case name(String)
  }

  /// Names of system units, as in systemctl. Only the outermost unit of a cgroup path counts: see ``CgroupPath``.
  package var units: [Glob] = []
  /// Names of units of a user's own service manager; needs `users`.
  package var userUnits: [Glob] = []
  /// Paths below the cgroup root; `*` stays within one component, `**` crosses them.
  package var cgroups: [Glob] = []
  /// Absolute paths of the executable.
  package var exes: [Glob] = []
  /// The command name, at most 15 bytes as the kernel keeps it.
  package var comms: [Glob] = []
  /// Searched for in the arguments joined by spaces.
  package var cmdlines: [RegularExpression] = []
  /// The effective user.
  package var users: [User] = []

  package init() {}

  /// Whether the cgroup alone narrows the search, so that no scan of all of /proc is needed.
  package var namesCgroups: Bool { !units.isEmpty || !userUnits.isEmpty || !cgroups.isEmpty }

  /// Which of its lists say something.
  struct Traits: Equatable, Sendable {
    let namesCgroups, namesUnits, asksForComm, asksMoreThanCgroupAndComm: Bool
  }

  var traits: Traits {
    Traits(
      namesCgroups: namesCgroups, namesUnits: !units.isEmpty, asksForComm: !comms.isEmpty,
      asksMoreThanCgroupAndComm: !users.isEmpty || !exes.isEmpty || !cmdlines.isEmpty)
  }

  /// Whether the processes of `cgroup` may match as far as the cgroup says.
  package func admits(_ cgroup: CgroupPath) -> Bool {
    (units.isEmpty || units.contains { glob in cgroup.systemUnits.contains { glob.matches($0) } })
      && (userUnits.isEmpty
        || cgroup.userUnit.map { unit in userUnits.contains { $0.matches(unit) } } ?? false)
      && (cgroups.isEmpty || cgroups.contains { $0.matches(cgroup.bytes) })
  }

  /// Whether this process is meant. Asks `facts` only for what it needs, the cheapest first.
  package func matches(_ facts: inout (some ProcessFacts & ~Copyable)) -> Bool {
    if namesCgroups {
      guard let cgroup = facts.cgroup, admits(cgroup) else { return false }
    }
    if !comms.isEmpty {
      guard let comm = facts.comm, comms.contains(where: { $0.matches(comm) }) else { return false }
    }
    if !users.isEmpty, !admitsUser(&facts) { return false }
    if !exes.isEmpty {
      guard let exe = facts.exe, exes.contains(where: { $0.matches(exe) }) else { return false }
    }
    if !cmdlines.isEmpty {
      guard let cmdline = facts.cmdline, cmdlines.contains(where: { $0.matches(cmdline) }) else {
        return false
      }
    }
    return true
  }

  private func admitsUser(_ facts: inout (some ProcessFacts & ~Copyable)) -> Bool {
    guard let effective = facts.effectiveUID else { return false }
    for user in users {
      switch user {
      case .uid(let uid): if uid == effective { return true }
      case .name(let name): if facts.uid(named: name) == effective { return true }
      }
    }
    return false
  }
}

/// What a rule may ask of one process. Each answer is read when first asked for; `nil` where it cannot
/// be known: the process left, or it may not be read.
package protocol ProcessFacts: ~Copyable {
  var cgroup: CgroupPath? { mutating get }
  var comm: [UInt8]? { mutating get }
  var effectiveUID: UInt32? { mutating get }
  /// The executable's path, only if it is that file on the host as well.
  var exe: [UInt8]? { mutating get }
  /// The arguments, joined by spaces.
  var cmdline: [UInt8]? { mutating get }
  /// From /etc/passwd.
  mutating func uid(named name: String) -> UInt32?
}
