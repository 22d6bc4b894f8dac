internal import GuardCore
package import GuardLinux
package import GuardStatus

/// The kills that the text of a kernel's log tells of, one after the other while it is read.
///
/// Memory stays flat however long the text is: it is read in pieces, and no kill is kept.
package final class KillLog {
  private let input: TextInput
  private var reader = LogTextReader()
  /// Those of the last piece, the next one last.
  private var found: [OOMKill] = []
  private var isAtEnd = false

  package init(_ input: consuming TextInput) { self.input = input }

  /// - Returns: `nil` once the text is at its end.
  package func next() throws(SystemCallError) -> LoggedKill? {
    while found.isEmpty, !isAtEnd {
      if let piece = try input.next() {
        reader.read(piece[...])
      } else {
        reader.finish()
        isAtEnd = true
      }
      found = reader.takeKills().reversed()
    }
    return found.popLast().map { LoggedKill($0) }
  }

  /// What is known only at the end of the text.
  package var totals: Totals {
    Totals(
      announcedOnly: reader.announcedOnly.map { .init(pid: $0.pid, comm: $0.comm.printable) },
      killedLines: reader.killedLines, tasksDumped: reader.tasksDumped, lines: reader.lines)
  }

  package struct Totals: Encodable, Equatable, Sendable {
    package struct Announced: Encodable, Equatable, Sendable {
      package var pid: Int32
      package var comm: String
    }
    /// Announced kills whose kill line is not in the text.
    package var announcedOnly: [Announced]
    /// `Killed process` lines, repetitions included.
    package var killedLines: Int
    /// Rows of all task tables; `nil` without a table.
    package var tasksDumped: Int?
    package var lines: Int

    private enum CodingKeys: String, CodingKey {
      case announcedOnly = "announced_only"
      case killedLines = "killed_lines"
      case tasksDumped = "tasks_dumped"
      case lines
    }
  }
}

/// A kill as its log tells it, with what only the log says.
package struct LoggedKill: Encodable, Equatable, Sendable {
  package enum LimitKind: String, Encodable, Sendable { case memcg, global }

  /// Without `id`, `at`, `protected` and `rule`: the text does not know them. `constraint` is that of the
  /// `oom-kill:` line and of nothing else.
  package var kill: StatusDocument.Kill
  /// From the words of the kill line or its announcement, `Memory cgroup out of memory` or `Out of memory`.
  package var limitKind: LimitKind?
  /// The word on the `oom-kill:` line, exactly as printed: Linux 5.0 to 5.2 print `CONSTRAINT_NONE` for memory
  /// cgroups too, which `constraint` sets right.
  package var constraintName: String?
  /// The cgroup whose `memory.oom.group` took this process along with the chosen one.
  package var groupCgroup: String?
  /// The kernel's log clock at the kill line, in microseconds since boot; it stands still in suspend.
  package var uptimeMicroseconds: UInt64?

  init(_ kill: OOMKill) {
    self.kill = StatusDocument.Kill(kill)
    if kill.constraintName == nil { self.kill.constraint = nil }
    limitKind = kill.limitKind.map { $0 == .memcg ? .memcg : .global }
    constraintName = kill.constraintName?.printable
    groupCgroup = kill.groupCgroup?.printable
    uptimeMicroseconds = kill.microseconds
  }

  private enum CodingKeys: String, CodingKey {
    case limitKind = "limit_kind"
    case constraintName = "constraint_name"
    case groupCgroup = "group_cgroup"
    case uptimeMicroseconds = "uptime_usec"
  }

  package func encode(to encoder: any Encoder) throws {
    // Into the same object: ours stand beside the fields that every kill has.
    try kill.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(limitKind, forKey: .limitKind)
    try container.encodeIfPresent(constraintName, forKey: .constraintName)
    try container.encodeIfPresent(groupCgroup, forKey: .groupCgroup)
    try container.encodeIfPresent(uptimeMicroseconds, forKey: .uptimeMicroseconds)
  }
}

extension KillLog: Encodable {
  private enum CodingKeys: String, CodingKey { case kills }

  /// Reads the text while it writes; so a log can be encoded once.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    var kills = container.nestedUnkeyedContainer(forKey: .kills)
    while let kill = try next() { try kills.encode(kill) }
    try totals.encode(to: encoder)
  }
}
