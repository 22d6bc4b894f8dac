/// The line that says a process was killed, in every shape since Linux 2.4.
///
///     Out of Memory: Killed process 1 (x).                                        2.4 … 2.6.16
///     Out of memory: Killed process 1, UID 0, (x).                                2.6.18 (RHEL 5)
///     Killed process 1 (x)                                                        2.6.19 … 2.6.32
///     Killed process 1 (x) vsz:1kB, anon-rss:1kB, file-rss:1kB                    2.6.33 … 2.6.35
///     Killed process 1, UID 0, (x) total-vm:1kB, anon-rss:1kB, file-rss:1kB       2.6.32 (RHEL 6)
///     Killed process 1 (x) total-vm:1kB, anon-rss:1kB, file-rss:1kB[, shmem-rss:1kB]   2.6.36 … 4.20
///     Killed process 1 (x), UID 0, total-vm:1kB, …                                3.10 (RHEL 7, late)
///     [Memory cgroup out|Out] of memory: Killed process 1 (x) total-vm:1kB, …, UID:0 pgtables:1kB oom_score_adj:0
///
/// Source: mm/oom_kill.c, __oom_kill_task and __oom_kill_process.
struct OOMKillLine {
  var victim: OOMKill.Victim
  var limitKind: OOMKill.LimitKind?
  /// Named by the line's own words only before Linux 2.6.36.
  var constraint: OOMKill.Constraint?
  /// `oom_kill_allocating_task`: the process that asked for memory was taken, not the one with most points.
  var isAllocatingTask: Bool
  /// Whether the line ends inside the comm, as it does where a comm with a newline was printed as two lines.
  var endsInsideComm: Bool

  static func mark(in text: ArraySlice<UInt8>) -> Int? { text.position(of: "Killed process ") }

  init?(_ text: ArraySlice<UInt8>) {
    guard let mark = Self.mark(in: text), Self.isReason(text[..<mark]) else { return nil }
    let reason = text[..<mark]
    limitKind = OOMKill.LimitKind(reason)
    constraint =
      reason.starts(with: "No available memory (MPOL_BIND)")
      ? .mempolicy : reason.starts(with: "No available memory in cpuset") ? .cpuset : nil
    isAllocatingTask = reason.position(of: "(oom_kill_allocating_task)") != nil

    var cursor = ByteCursor(text[mark...])
    guard cursor.skip("Killed process "), let pid = cursor.number(as: Int32.self), pid > 0 else { return nil }
    victim = OOMKill.Victim(pid: pid)
    if cursor.skip(", UID ") {
      guard let uid = cursor.number(as: UInt32.self), cursor.skip(", ") else { return nil }
      victim.uid = uid
    } else if !cursor.skip(" ") {
      return nil
    }
    guard cursor.skip("(") else { return nil }
    guard let end = Self.commEnd(in: cursor.rest) else {
      endsInsideComm = true
      return
    }
    endsInsideComm = false
    victim.comm = Array(cursor.rest[..<end])
    readSizes(cursor.rest[(end + 1)...])
  }

  /// What may stand before `Killed process`; text of other programs has something else there.
  static func isReason(_ text: ArraySlice<UInt8>) -> Bool {
    if text.isEmpty { return true }
    guard text.ends(with: ": "), text.count <= 64 else { return false }
    return text.starts(with: "Out of memory") || text.starts(with: "Memory cgroup out of memory")
      || text.starts(with: "Out of Memory") || text.starts(with: "No available memory")
  }

  /// The parenthesis that closes the comm. A comm may hold any text, so what follows it is looked for from
  /// the right: a comm cannot be long enough to imitate what the kernel prints behind the real one.
  private static func commEnd(in text: ArraySlice<UInt8>) -> Int? {
    let marks = [
      text.lastPosition(of: ") total-vm:"), text.lastPosition(of: ") vsz:"), text.lastPosition(of: "), UID "),
    ]
    return marks.compactMap { $0 }.max() ?? text.lastIndex(of: UInt8(ascii: ")"))
  }

  private mutating func readSizes(_ text: ArraySlice<UInt8>) {
    var cursor = ByteCursor(text)
    if cursor.skip(", UID ") {
      let uid = cursor.word()
      if uid.last == UInt8(ascii: ",") { victim.uid = victim.uid ?? UInt32(ascii: uid.dropLast()) }
    }
    cursor.skipBlanks()
    while !cursor.isAtEnd {
      var word = cursor.word()
      if word.last == UInt8(ascii: ",") { word = word.dropLast() }
      guard let colon = word.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let (key, value) = (word[..<colon], word[(colon + 1)...])
      if key.equals("total-vm") || key.equals("vsz") {
        victim.totalVMKB = victim.totalVMKB ?? Self.kilobytes(value)
      } else if key.equals("anon-rss") {
        victim.anonRSSKB = victim.anonRSSKB ?? Self.kilobytes(value)
      } else if key.equals("file-rss") {
        victim.fileRSSKB = victim.fileRSSKB ?? Self.kilobytes(value)
      } else if key.equals("shmem-rss") {
        victim.shmemRSSKB = victim.shmemRSSKB ?? Self.kilobytes(value)
      } else if key.equals("pgtables") {
        victim.pgtablesKB = victim.pgtablesKB ?? Self.kilobytes(value)
      } else if key.equals("UID") {
        victim.uid = victim.uid ?? UInt32(ascii: value)
      } else if key.equals("oom_score_adj") {
        victim.score = victim.score ?? Int(ascii: value).flatMap { OOMScoreAdj($0).map { Int($0.value) } }
      }
    }
  }

  /// A size without its unit was cut off, or is in pages: not known.
  private static func kilobytes(_ text: ArraySlice<UInt8>) -> UInt64? {
    guard text.ends(with: "kB") || text.ends(with: "KB") else { return nil }
    return UInt64(ascii: text.dropLast(2))
  }
}

extension OOMKill.LimitKind {
  /// The words a kill line or an announcement begins with.
  init?(_ text: ArraySlice<UInt8>) {
    if text.starts(with: "Memory cgroup out of memory") {
      self = .memcg
    } else if text.starts(with: "Out of memory") || text.starts(with: "Out of Memory") {
      self = .global
    } else {
      return nil
    }
  }
}
