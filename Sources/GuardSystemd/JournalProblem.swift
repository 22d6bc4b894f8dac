/// Why the journal does not answer.
package enum JournalProblem: Error, Equatable, CustomStringConvertible {
  /// No journal is kept here: another init system, or `Storage=none` in journald.conf(5).
  case absent
  /// There is one, and the caller may not read it. libsystemd shows such a journal as an empty one.
  case notPermitted
  /// What libsystemd says.
  case failed(String)

  package var description: String {
    switch self {
    case .absent: "this machine keeps no journal"
    case .notPermitted: "reading the journal takes root or membership of the group 'systemd-journal' or 'adm'"
    case .failed(let reason): "the journal cannot be read: \(reason)"
    }
  }
}
