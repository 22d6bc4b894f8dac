import GuardCore

func readKernelLog(_ input: [UInt8]) throws(Contradiction) {
  var whole = OOMReportReader()
  var hasty = OOMReportReader()
  var kills: (whole: [OOMKill], hasty: [OOMKill]) = ([], [])
  var now: UInt64 = 0
  for text in input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
    let head = KmsgRecord.Head(text)
    guard var record = try? KmsgRecord(text) else { continue }
    if let head {
      try claim(
        head.sequence == record.sequence && head.isFromKernel == record.isFromKernel
          && head.microseconds == record.microseconds, "a record's head says what the record says")
    }
    // The kernel's clock does not go back within a boot.
    now = max(now, record.microseconds)
    record.microseconds = now
    if let kill = whole.read(record) {
      try claim(record.isFromKernel && kill.victim.pid > 0, "a kill is the kernel's word about a process")
      try claim(kill.sequence == record.sequence, "a kill has the number of its line")
      try readReport(of: kill)
      kills.whole.append(kill)
    }
    // The daemon looks closer at few records, before it undoes what the kernel escapes: never a letter.
    guard hasty.isInsideReport || OOMReportReader.isCandidate(text) || text.contains(UInt8(ascii: "\\"))
    else { continue }
    if let kill = hasty.read(record) { kills.hasty.append(kill) }
  }
  try claim(kills.hasty == kills.whole, "what the daemon passes over holds no kill")
  try claim(kills.whole.count <= whole.killedLines, "each kill has a line")
}

func readLogText(_ input: [UInt8]) throws(Contradiction) {
  let whole = LogTextReader(input, keepsText: true)
  try claim(
    whole.kills.count <= whole.killedLines && whole.killedLines <= whole.lines, "each kill has a line")
  for kill in whole.kills { try readReport(of: kill) }
  var cut = LogTextReader(keepsText: true)
  for piece in pieces(of: input) { cut.read(piece) }
  cut.finish()
  try claim(cut.kills == whole.kills && cut.lines == whole.lines, "a text in pieces holds the same kills")
  try claim(
    cut.killedLines == whole.killedLines && cut.tasksDumped == whole.tasksDumped
      && cut.announcedOnly == whole.announcedOnly, "a text in pieces counts the same")
}

/// What is made of a report later, by whoever shows it.
private func readReport(of kill: OOMKill) throws(Contradiction) {
  try claim(kill.reportText.count <= OOMReportReader.textLimit, "a report's text is bounded")
  _ = OOMReportSizes(report: kill.reportText)
  let ranking = OOMRanking(
    report: kill.reportText, constraint: kill.constraint, victimPID: kill.victim.pid,
    victimTotalVMKB: kill.victim.totalVMKB, pageKB: 4, swapKB: 0)
  guard let ranking else { return }
  let rows = OOMTaskTable(report: kill.reportText)?.rows.count
  try claim(ranking.places.count + ranking.exempt == rows, "each row has a place, or none")
  for place in ranking.places { _ = ranking.badnessKB(of: place) }
}
