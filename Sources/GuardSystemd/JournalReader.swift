internal import CSystemd
internal import Glibc
package import GuardCore
package import GuardLinux

/// Reads what the daemon told the journal, in any boot, and follows what it tells.
///
/// Believed is only what journald itself says came from root in oomguard.service: any user can send every other
/// field. For the client; its calls may wait for the disk. See sd-journal(3).
@safe package final class JournalReader {
  package enum Start: Equatable, Sendable {
    case beginning
    /// Entries that journald got at this time or later, in microseconds since 1970-01-01 UTC.
    case at(UInt64)
    /// Those to come.
    case now
    /// Behind the last: what was told is reached with ``JournalReader/previous()``, the newest first.
    case end
  }

  /// How much of a field is read.
  package enum Detail: Int, Sendable {
    /// Enough for every field but a kernel's report, which is costly: it is kept compressed.
    case brief = 4096
    /// All that the daemon sends: a report has at most 64 KiB.
    case full = 262_144
  }

  private let journal: OpaquePointer
  private let detail: Detail
  /// What is told from now on, so that what came before can be passed over: the boot, and its clock.
  private var start: (bootID: String, monotonic: UInt64)?

  package init(
    of kinds: [EventKind], from start: Start, detail: Detail, in root: RootDirectory
  ) throws(JournalProblem) {
    if let problem = JournalFiles.problem(in: root) { throw problem }
    var opened: OpaquePointer?
    let flags = CInt(SD_JOURNAL_SYSTEM)
    let result =
      root.isMachine
      ? unsafe sd_journal_open(&opened, flags | CInt(SD_JOURNAL_LOCAL_ONLY))
      : unsafe sd_journal_open_directory(&opened, root.path(""), flags | CInt(SD_JOURNAL_OS_ROOT))
    guard result >= 0, let opened = unsafe opened else { throw Self.problem(result) }
    unsafe journal = opened
    self.detail = detail
    switch start {
    case .beginning: unsafe try Self.check(sd_journal_seek_head(journal))
    case .at(let microseconds): unsafe try Self.check(sd_journal_seek_realtime_usec(journal, microseconds))
    case .end: unsafe try Self.check(sd_journal_seek_tail(journal))
    case .now: try seekEnd(in: root)
    }
    // Only now: the end is the end of all entries. A tail without an entry before it would stay one for ever.
    try match("_UID=0")
    try match("_SYSTEMD_UNIT=oomguard.service")
    // Of one field several values may match; of different fields all must.
    for kind in kinds { try match("MESSAGE_ID=\(kind.messageID)") }
  }

  deinit { unsafe sd_journal_close(journal) }

  private func match(_ text: String) throws(JournalProblem) {
    unsafe try Self.check(sd_journal_add_match(journal, text, text.utf8.count))
  }

  private func seekEnd(in root: RootDirectory) throws(JournalProblem) {
    unsafe try Self.check(sd_journal_seek_tail(journal))
    let found = unsafe try Self.check(sd_journal_previous(journal))
    if found == 0 { unsafe try Self.check(sd_journal_seek_head(journal)) }
    // Of several files the last entry is not always found (systemd issue 17662): the clock tells the rest.
    guard root.isMachine else { return }
    start = (
      ((try? root.bootID()) ?? []).filter { $0.hexValue != nil }.printable,
      UInt64(clamping: Clock.monotonic().microseconds)
    )
  }

  /// The next entry; `nil` when there is none yet.
  package func next() throws(JournalProblem) -> JournalRecord? {
    while unsafe try Self.check(sd_journal_next(journal)) > 0 {
      if let record = current(detail) { return record }
    }
    return nil
  }

  /// The entry before; `nil` when there is none.
  package func previous() throws(JournalProblem) -> JournalRecord? {
    while unsafe try Self.check(sd_journal_previous(journal)) > 0 {
      if let record = current(detail) { return record }
    }
    return nil
  }

  /// The entry that was given last, read again in another detail.
  ///
  /// - Returns: `nil` for one that is damaged, not one of ours, or from before ``Start/now``.
  package func current(_ detail: Detail) -> JournalRecord? {
    unsafe sd_journal_set_data_threshold(journal, detail.rawValue)
    var (realtime, monotonic): (UInt64, UInt64) = (0, 0)
    var boot = sd_id128_t()
    guard unsafe sd_journal_get_realtime_usec(journal, &realtime) >= 0,
      unsafe sd_journal_get_monotonic_usec(journal, &monotonic, &boot) >= 0,
      let kind = kind()
    else { return nil }
    let bootID = Self.text(of: boot)
    if let start, bootID != start.bootID || monotonic < start.monotonic { return nil }
    var record = JournalRecord(kind: kind, receivedMicroseconds: realtime, bootID: bootID)
    unsafe sd_journal_restart_data(journal)
    var (data, length): (UnsafeRawPointer?, Int) = (nil, 0)
    while unsafe sd_journal_enumerate_available_data(journal, &data, &length) > 0 {
      if let data = unsafe data { unsafe record.add(UnsafeRawBufferPointer(start: data, count: length)) }
    }
    return record
  }

  private func kind() -> EventKind? {
    var (data, length): (UnsafeRawPointer?, Int) = (nil, 0)
    guard unsafe sd_journal_get_data(journal, "MESSAGE_ID", &data, &length) >= 0, let data = unsafe data
    else {
      return nil
    }
    let identifier = unsafe UnsafeRawBufferPointer(start: data, count: length).dropFirst(
      "MESSAGE_ID=".utf8.count)
    return EventKind.allCases.first { kind in
      kind.messageID.withUTF8Buffer { unsafe $0.elementsEqual(identifier) }
    }
  }

  private static func text(of id: sd_id128_t) -> String {
    unsafe withUnsafeBytes(of: id) { bytes in
      unsafe bytes.reduce(into: "") { text, byte in
        text += (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
      }
    }
  }

  // MARK: Following

  /// Readable when there may be something new; then ``acknowledge()`` it and ask for the ``next()``.
  package func descriptorNumber() throws(JournalProblem) -> CInt {
    unsafe try Self.check(sd_journal_get_fd(journal))
  }

  /// Takes note of what has changed, files that were rotated among it.
  package func acknowledge() throws(JournalProblem) { unsafe try Self.check(sd_journal_process(journal)) }

  // MARK: Errors

  @discardableResult
  private static func check(_ result: CInt) throws(JournalProblem) -> CInt {
    guard result >= 0 else { throw problem(result) }
    return result
  }

  private static func problem(_ result: CInt) -> JournalProblem {
    -result == EACCES || -result == EPERM ? .notPermitted : .failed(unsafe String(cString: strerror(-result)))
  }
}
