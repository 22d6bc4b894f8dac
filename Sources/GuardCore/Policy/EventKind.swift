/// What oomguard tells the journal about: each kind has its own MESSAGE_ID and its entry in the
/// message catalogue (packaging/catalog/oomguard.catalog).
package enum EventKind: String, CaseIterable, Sendable {
  /// The kernel's OOM killer killed a process.
  case kill
  /// The pressure level changed.
  case pressure
  /// Somebody else changed a promised score.
  case drift
  /// A repair is not repeated any more: another writer insists.
  case conflict
  /// Processes got their promised score, or were refused it.
  case protect
  /// Processes got their base back.
  case restore
  /// The configuration was read, or refused.
  case config
  /// A capability is missing, or came back.
  case degraded
  /// Kernel-log records were overwritten before they could be read.
  case lost

  /// Fixed for ever: scripts and `journalctl MESSAGE_ID=` rely on it.
  package var messageID: StaticString {
    switch self {
    case .kill: "8703eb901731406e87afcffdb13842d4"
    case .pressure: "3528e7ea7185458c91ff7997078206b1"
    case .drift: "4e2b995aab2245a18d7176390ed81b77"
    case .conflict: "a759b1aa9dec44b493c5f3d8ac24b465"
    case .protect: "4da15131ebda4091988693c0b1f8e7c4"
    case .restore: "39f6908823294bee8e0598edb69ab53f"
    case .config: "98c9f3fd922a446b9de8305c8433607d"
    case .degraded: "8d382eb97d93447fa621a8dede4787f3"
    case .lost: "902af59b649e4997b0124924c003647f"
    }
  }
}
