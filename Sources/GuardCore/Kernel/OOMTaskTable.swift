/// The task table of an OOM report: who could have been killed, and how large each was.
///
/// Column sets differ: `cpu oom_adj` (2.6.32), `cpu oom_adj oom_score_adj` (2.6.36), `nr_ptes swapents
/// oom_score_adj` (3.8), `nr_ptes nr_pmds swapents` (4.1), `pgtables_bytes swapents` (4.15), `rss_anon rss_file
/// rss_shmem` (6.8). They are found by name; unknown ones are skipped. Source: mm/oom_kill.c, dump_task.
package struct OOMTaskTable: Equatable, Sendable {
  package struct Row: Equatable, Sendable {
    package var pid: Int32
    package var uid: UInt32
    package var tgid: Int32?
    /// In pages.
    package var totalVMPages, rssPages, swapPages: UInt64?
    /// Since Linux 4.15.
    package var pgtablesBytes: UInt64?
    /// Page tables as a number of them, before Linux 4.15.
    package var pteCount, pmdCount: UInt64?
    /// `oom_score_adj`; since Linux 2.6.36.
    package var score: Int?
    package var comm: [UInt8]

    package init(pid: Int32, uid: UInt32, comm: [UInt8]) {
      (self.pid, self.uid, self.comm) = (pid, uid, comm)
    }
  }

  package var rows: [Row] = []

  /// Reads the last table in a report's text, as ``OOMKill/reportText`` holds it; `nil` where there is none.
  package init?(report: some Sequence<UInt8>) {
    var columns: Columns?
    for line in Array(report).split(separator: UInt8(ascii: "\n")) {
      if let header = Columns(line.trimmed) {
        (columns, rows) = (header, [])
      } else if let row = columns?.row(line.trimmed) {
        rows.append(row)
      }
    }
    if columns == nil { return nil }
  }

  /// The words of the table's head, in order.
  struct Columns {
    private let names: [ArraySlice<UInt8>]

    /// `[  pid  ]   uid  tgid total_vm      rss … name`
    init?(_ line: ArraySlice<UInt8>) {
      guard line.first == UInt8(ascii: "["), line.position(of: "tgid total_vm") != nil else { return nil }
      var cursor = ByteCursor(line.dropFirst())
      cursor.skipBlanks()
      guard cursor.skip("pid"), cursor.take(until: UInt8(ascii: "]")) != nil else { return nil }
      names = cursor.rest.split { $0.isBlank }.dropLast().map { ArraySlice(Array($0)) }
    }

    /// `[    123]  1000   123     3236     1714 … name`; the name may be empty or hold blanks.
    func row(_ line: ArraySlice<UInt8>) -> Row? {
      guard var cursor = Self.cursorBehindPID(line), let pid = Self.pid(line) else { return nil }
      var row = Row(pid: pid, uid: 0, comm: [])
      var hasUID = false
      for name in names {
        cursor.skipBlanks()
        guard let value = cursor.number(as: Int64.self) else { return nil }
        let size = UInt64(exactly: value)
        if name.equals("uid") {
          guard let uid = UInt32(exactly: value) else { return nil }
          (row.uid, hasUID) = (uid, true)
        } else if name.equals("tgid") {
          row.tgid = Int32(exactly: value)
        } else if name.equals("total_vm") {
          row.totalVMPages = size
        } else if name.equals("rss") {
          row.rssPages = size
        } else if name.equals("swapents") {
          row.swapPages = size
        } else if name.equals("pgtables_bytes") {
          row.pgtablesBytes = size
        } else if name.equals("nr_ptes") {
          row.pteCount = size
        } else if name.equals("nr_pmds") {
          row.pmdCount = size
        } else if name.equals("oom_score_adj") {
          row.score = Int(exactly: value)
        }
      }
      guard hasUID, cursor.skip(" ") || cursor.isAtEnd else { return nil }
      row.comm = Array(cursor.rest)
      return row
    }

    /// Whether a line has the shape of a row, for those who only count.
    static func isRow(_ line: ArraySlice<UInt8>) -> Bool {
      guard var cursor = cursorBehindPID(line) else { return false }
      cursor.skipBlanks()
      guard cursor.number(as: UInt32.self) != nil, cursor.next == 0x20 else { return false }
      cursor.skipBlanks()
      return cursor.number(as: Int32.self) != nil
    }

    /// Whether a line is surely a row though its table's head was not seen: at least six numbers and a name.
    static func isSurelyRow(_ line: ArraySlice<UInt8>) -> Bool {
      guard var cursor = cursorBehindPID(line) else { return false }
      var numbers = 0
      while true {
        cursor.skipBlanks()
        guard cursor.number(as: Int64.self) != nil, cursor.next == 0x20 else { break }
        numbers += 1
      }
      return numbers >= 6 && !cursor.isAtEnd
    }

    private static func pid(_ line: ArraySlice<UInt8>) -> Int32? {
      var cursor = ByteCursor(line.dropFirst())
      cursor.skipBlanks()
      return cursor.number()
    }

    private static func cursorBehindPID(_ line: ArraySlice<UInt8>) -> ByteCursor? {
      guard line.first == UInt8(ascii: "[") else { return nil }
      var cursor = ByteCursor(line.dropFirst())
      cursor.skipBlanks()
      guard cursor.number(as: Int32.self) != nil, cursor.skip("]"), cursor.next == 0x20 else { return nil }
      return cursor
    }
  }
}
