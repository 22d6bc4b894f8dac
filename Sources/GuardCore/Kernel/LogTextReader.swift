/// The kills in any text that holds a kernel's log, whatever wrote it. Feed it in pieces of any size.
package struct LogTextReader: Sendable {
  package private(set) var kills: [OOMKill] = []
  /// Lines of the text; a last one without a newline counts.
  package private(set) var lines = 0
  private var reader: OOMReportReader
  /// The beginning of a line whose end has not come.
  private var partial: [UInt8] = []
  private var isSkipping = false
  /// A kill line that ended within the comm: a newline in it makes two lines of one.
  private var cutKill: KernelLine?

  // The kernel's own lines are shorter than 8 KiB escaped; a longer one is nobody's report.
  private static let lineLimit = 65_536

  package init(keepsText: Bool = false) { reader = OOMReportReader(keepsText: keepsText) }

  /// `Killed process` lines, before a group's repetition is taken off.
  package var killedLines: Int { reader.killedLines }
  /// Rows of all task tables; `nil` without a table.
  package var tasksDumped: Int? { reader.tableRows }
  /// Announced kills whose kill line is not in the text.
  package var announcedOnly: [OOMAnnouncement] { reader.announcements }

  /// Hands over the kills found so far and forgets them: a text of any length takes no more memory than a short one.
  package mutating func takeKills() -> [OOMKill] {
    var taken: [OOMKill] = []
    swap(&taken, &kills)
    return taken
  }

  package mutating func read(_ chunk: ArraySlice<UInt8>) {
    var rest = chunk
    while !rest.isEmpty {
      if partial.isEmpty, !isSkipping, !reader.isInsideReport, cutKill == nil { skipIdleLines(&rest) }
      guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
        keep(rest)
        return
      }
      lines += 1
      if partial.isEmpty, !isSkipping {
        readLine(rest[..<end])
      } else {
        keep(rest[..<end])
        let line = partial
        (partial, isSkipping) = ([], false)
        readLine(line[...])
      }
      rest = rest[(end + 1)...]
    }
  }

  /// Drops the whole lines before the next one that can matter.
  private mutating func skipIdleLines(_ rest: inout ArraySlice<UInt8>) {
    let scan = LogScan(rest)
    lines += scan.newlines
    if scan.newlines == 0 { return }
    let before = rest[..<(scan.candidate ?? rest.endIndex)]
    if let newline = before.lastIndex(of: UInt8(ascii: "\n")) { rest = rest[(newline + 1)...] }
  }

  /// The text is at its end.
  package mutating func finish() {
    if !partial.isEmpty || isSkipping {
      lines += 1
      let line = partial
      (partial, isSkipping) = ([], false)
      readLine(line[...])
    }
    if let cut = cutKill { feed(cut) }
    cutKill = nil
  }

  /// All of a text at once.
  package init(_ text: some Sequence<UInt8>, keepsText: Bool = false) {
    self.init(keepsText: keepsText)
    read(Array(text)[...])
    finish()
  }

  private mutating func keep(_ piece: ArraySlice<UInt8>) {
    let room = Self.lineLimit - partial.count
    if piece.count > room { isSkipping = true }
    partial += piece.prefix(max(room, 0))
  }

  private mutating func readLine(_ line: ArraySlice<UInt8>) {
    guard reader.isInsideReport || cutKill != nil || OOMReportReader.isCandidate(line) else { return }
    guard let kernelLine = KernelLine(logLine: line) else { return }
    if let cut = cutKill {
      cutKill = nil
      var joined = cut
      joined.text = (Array(cut.text) + [UInt8(ascii: "\n")] + kernelLine.text.drop { $0 == 0x20 })[...]
      if let kill = OOMKillLine(joined.text), let comm = kill.victim.comm, comm.count <= 15,
        kill.victim.totalVMKB != nil
      {
        feed(joined)
        return
      }
      feed(cut)
    }
    if let kill = OOMKillLine(kernelLine.text.trimmed), kill.endsInsideComm {
      cutKill = kernelLine
      cutKill?.text = kernelLine.text.trimmed
      return
    }
    feed(kernelLine)
  }

  private mutating func feed(_ line: KernelLine) {
    if let kill = reader.read(line) { kills.append(kill) }
  }
}
