package import GuardLinux

/// Where events go: the journal where the service manager connected us to it, else standard error with
/// `<N>` prefixes as in sd-daemon(3). Never waits for a reader; what could not be told is counted.
package struct EventLog: ~Copyable {
  private static let journalSocket = "/run/systemd/journal/socket"

  private let journal: Outbox?
  private let standardError = StandardError()
  private var unsentLines: UInt64 = 0
  /// Entries of lower priority than this are left out.
  package var threshold = JournalEntry.Priority.info

  package init(in root: RootDirectory) {
    // Set by the service manager to the device and inode of the stream it made for us: see systemd.exec(5).
    let stream = OwnProcess.environment("JOURNAL_STREAM")
    let isConnected = stream != nil && stream == StandardError.journalStreamName()
    journal = isConnected ? Outbox(to: root.path(Self.journalSocket)) : nil
  }

  package mutating func send(_ entry: JournalEntry, at now: Duration) {
    guard entry.priority <= threshold else { return }
    if journal != nil {
      journal?.send(entry.datagram, at: now)
    } else if !standardError.write(entry.lines) {
      unsentLines += 1
    }
  }

  package mutating func flush(at now: Duration) { journal?.flush(at: now) }
  package var unsent: UInt64 { (journal?.unsent ?? 0) + unsentLines }
  package var retryAt: Duration? { journal?.retryAt }
}
