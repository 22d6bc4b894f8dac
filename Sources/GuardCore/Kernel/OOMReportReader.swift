/// Finds the kernel's OOM kills in its log, line by line, whatever else is printed between.
///
/// A kill counts by its `Killed process` line; everything else is joined to it only where it is sure to belong:
/// the `oom-kill:` line by pid, the report's first line by the order of lines, and by the printing task where
/// the kernel tells it. In a storm the kernel prints most kills without a report, so a first line is used once
/// and never for a later kill. Memory is bounded: a few open reports of at most 64 KiB each.
package struct OOMReportReader: Sendable {
  /// `Killed process` lines so far: `memory.oom.group` prints its first victim twice, as `oom_kill` of
  /// /proc/vmstat counts it twice.
  package private(set) var killedLines = 0
  /// The victim of the line just read, if that line was such a repetition.
  package private(set) var repeatedPID: Int32?
  /// Rows of all task tables so far; `nil` until there was a table.
  package private(set) var tableRows: Int?
  /// Announced kills whose kill line has not come, oldest first; at most the latest 1,024.
  package private(set) var announcements: [OOMAnnouncement] = []

  private let keepsText: Bool
  private var lineNumber = 0
  private var newestMicroseconds: UInt64?
  private var reports: [OOMReport] = []
  private var constraints: [PendingConstraint] = []
  private var groups: [OOMGroup] = []
  private var recent = OOMRecentKills()
  private var headerCount = 0
  /// Once a kernel has printed an `oom-kill:` line, a kill without one has no report either: both are left
  /// out together.
  private var printsConstraints = false

  private struct PendingConstraint {
    var line: OOMConstraintLine
    var caller: KernelLine.Caller?
    var number: Int
    var microseconds: UInt64?
  }

  // A report takes seconds on a slow console; what is open longer than this lost its end.
  private static let patienceMicroseconds: UInt64 = 120_000_000
  private static let patienceLines = 20_000
  private static let mixingMicroseconds: UInt64 = 2_000_000
  private static let mixingLines = 400
  private static let openLimit = 4

  /// `keepsText`: whether kills carry their report's text.
  package init(keepsText: Bool = true) { self.keepsText = keepsText }

  /// The most bytes a kill's ``OOMKill/reportText`` has.
  package static var textLimit: Int { OOMReportText.limit }

  /// Whether a line can be of interest while no report is open. Cheap, and right for almost all lines.
  package static func isCandidate(_ text: ArraySlice<UInt8>) -> Bool { LogScan(text).candidate != nil }

  /// Whether lines that are no candidates must be fed as well, since they may belong to an open report.
  package var isInsideReport: Bool { !reports.isEmpty || !constraints.isEmpty }

  /// Records were lost here: what is open may not be joined to what comes.
  package mutating func noteLoss() {
    reports = []
    constraints = []
    groups = []
  }

  /// Feeds one record of /dev/kmsg. Text that a program wrote there is not believed.
  package mutating func read(_ record: KmsgRecord) -> OOMKill? {
    record.isFromKernel ? read(record.line) : nil
  }

  /// Feeds one line of the kernel's own log. Returns the kill if this line reports one.
  package mutating func read(_ line: KernelLine) -> OOMKill? {
    lineNumber += 1
    repeatedPID = nil
    noteTime(line.microseconds)
    let text = line.text.trimmed
    let isCandidate = Self.isCandidate(text)
    guard isInsideReport || isCandidate else { return nil }
    dropExpired()

    if isCandidate, !OOMTaskTable.Columns.isSurelyRow(text) {
      if let kill = OOMKillLine(text) { return close(with: kill, text, line) }
      if let header = OOMTriggerLine(text) {
        open(header, line)
        return nil
      }
      if let constraint = OOMConstraintLine(text) {
        add(constraint, line)
        return nil
      }
      if readGroup(text, line) || readAnnouncement(text, line) || readTableHead(text, line) { return nil }
      if text.starts(with: "Task in ") {
        var isRead = false
        withReport(line) { isRead = $0.readLimit(text) }
        if isRead { return nil }
      }
      if endsWithoutKill(text) {
        reports.removeAll { $0.caller == line.caller }
        constraints.removeAll { $0.caller == line.caller }
        return nil
      }
    }
    readInside(text, line)
    return nil
  }

  // MARK: Lines of a report

  /// Whether a report that is open when another begins can have a kill line to come. One task prints one report
  /// at a time. Of unknown tasks two reports may run at once: before Linux 4.2 a memory cgroup's and the
  /// machine's. What came without a first line, or stopped a while ago, lost its end.
  private func isAbandoned(_ report: OOMReport, _ line: KernelLine) -> Bool {
    if line.caller != nil || report.trigger == nil { return true }
    guard let now = line.microseconds, let then = report.lastMicroseconds else {
      return lineNumber - report.lastLine > Self.mixingLines
    }
    return now > then && now - then > Self.mixingMicroseconds
  }

  private mutating func open(_ header: OOMTriggerLine, _ line: KernelLine) {
    headerCount += 1
    groups.removeAll { $0.caller == line.caller }
    constraints.removeAll { $0.caller == line.caller && $0.line.pid == nil }
    reports = reports.filter { $0.caller != line.caller || !isAbandoned($0, line) }
    if reports.count >= Self.openLimit { reports.removeFirst() }
    var report = OOMReport(caller: line.caller, line: lineNumber, microseconds: line.microseconds)
    report.trigger = header.trigger
    reports.append(report)
    append(line)
  }

  private mutating func add(_ constraint: OOMConstraintLine, _ line: KernelLine) {
    printsConstraints = true
    groups.removeAll { $0.caller == line.caller }
    if constraints.count >= 2 * Self.openLimit { constraints.removeFirst() }
    constraints.append(
      PendingConstraint(
        line: constraint, caller: line.caller, number: lineNumber, microseconds: line.microseconds))
    append(line)
  }

  /// `Tasks in /x are going to be killed due to memory.oom.group set`, between the chosen victim and the others.
  private mutating func readGroup(_ text: ArraySlice<UInt8>, _ line: KernelLine) -> Bool {
    let words: StaticString = " are going to be killed due to memory.oom.group set"
    guard text.starts(with: "Tasks in "), text.ends(with: words) else { return false }
    groups.removeAll { $0.caller == line.caller }
    if groups.count >= Self.openLimit { groups.removeFirst() }
    groups.append(
      OOMGroup(
        caller: line.caller, cgroup: Array(text.dropFirst(9).dropLast(words.utf8CodeUnitCount)),
        first: recent.last(of: line.caller)))
    return true
  }

  private mutating func readAnnouncement(_ text: ArraySlice<UInt8>, _ line: KernelLine) -> Bool {
    guard let announcement = OOMAnnouncement(text) else { return false }
    if announcements.count >= 1_024 { announcements.removeFirst() }
    announcements.append(announcement)
    withReport(line) { $0.limitKind = announcement.limitKind }
    return true
  }

  private mutating func readTableHead(_ text: ArraySlice<UInt8>, _ line: KernelLine) -> Bool {
    guard let columns = OOMTaskTable.Columns(text) else { return false }
    tableRows = tableRows ?? 0
    withReport(line) {
      $0.columns = columns
      $0.tasksDumped = 0
    }
    return true
  }

  /// Lines that mean something only while a report is open.
  private mutating func readInside(_ text: ArraySlice<UInt8>, _ line: KernelLine) {
    if let last = constraints.indices.last, constraints[last].caller == line.caller,
      constraints[last].number + 16 > lineNumber, constraints[last].line.append(text)
    {
      append(line)
      return
    }
    if activeReport(line.caller).map({ reports[$0].columns == nil }) ?? true,
      OOMTaskTable.Columns.isSurelyRow(text)
    {
      tableRows = (tableRows ?? 0) + 1
      withReport(line) { $0.tasksDumped = ($0.tasksDumped ?? 0) + 1 }
      return
    }
    guard let index = activeReport(line.caller) else { return }
    if text.starts(with: "CPU: ") || text.starts(with: "Pid: "), let task = TaskInfoLine(text) {
      readTaskInfo(task, line)
    } else if text.starts(with: "Kernel panic - not syncing") {
      noteLoss()
      return
    } else if let columns = reports[index].columns, OOMTaskTable.Columns.isRow(text) {
      tableRows = (tableRows ?? 0) + 1
      reports[index].tasksDumped = (reports[index].tasksDumped ?? 0) + 1
      reports[index].lastLine = lineNumber
      reports[index].lastMicroseconds = line.microseconds ?? reports[index].lastMicroseconds
      if keepsText { reports[index].text.append(line.text, row: columns.row(text)) }
      return
    }
    append(line)
  }

  /// The pid belongs to the first line that names the same task; another CPU's trace names another.
  private mutating func readTaskInfo(_ task: TaskInfoLine, _ line: KernelLine) {
    let named = reports.lastIndex {
      guard $0.caller == line.caller, let trigger = $0.trigger, trigger.pid == nil, let comm = trigger.comm
      else { return false }
      return task.names(comm)
    }
    guard let named else { return }
    reports[named].trigger?.pid = task.pid
    reports[named].lastLine = lineNumber
  }

  private func endsWithoutKill(_ text: ArraySlice<UInt8>) -> Bool {
    text.starts(with: "Out of memory and no killable processes")
      || text.starts(with: "Kernel panic - not syncing: Out of memory")
      || text.ends(with: "is already exiting. Skip killing the task")
  }

  // MARK: The kill

  private mutating func close(with kill: OOMKillLine, _ text: ArraySlice<UInt8>, _ line: KernelLine)
    -> OOMKill?
  {
    killedLines += 1
    let seen = OOMRecentKills.Kill(kill.victim, text, line, headerCount: headerCount)
    if let group = groups.lastIndex(where: { $0.caller == line.caller }), groups[group].repeats(seen) {
      repeatedPID = kill.victim.pid
      return nil
    }
    if recent.contains(seen) {
      repeatedPID = kill.victim.pid
      return nil
    }

    let constraint = takeConstraint(for: kill, line)
    let isGroupMember = constraint == nil && groups.contains { $0.caller == line.caller }
    let report = isGroupMember ? nil : takeReport(for: kill, constraint, line)

    var told = OOMKill(victim: kill.victim)
    (told.sequence, told.microseconds) = (line.sequence, line.microseconds)
    told.trigger = report?.trigger
    told.tasksDumped = report?.tasksDumped
    told.limitKind = kill.limitKind ?? report?.limitKind
    told.constraint = kill.constraint
    if let constraint {
      let cgroups = constraint.cgroups(taskNamed: kill.victim.comm)
      (told.limitCgroup, told.victim.cgroup) = cgroups
      told.victim.uid = told.victim.uid ?? constraint.uid
      told.constraintName = constraint.name
      told.constraint = constraint.name.map { OOMKill.Constraint(name: $0, limitCgroup: cgroups.limit) }
    } else {
      (told.limitCgroup, told.victim.cgroup) = (report?.limitCgroup, report?.taskCgroup)
    }
    if isGroupMember {
      told.groupCgroup = groups.last { $0.caller == line.caller }?.cgroup
    } else {
      groups.removeAll { $0.caller == line.caller }
    }
    if keepsText {
      var text = report?.text ?? OOMReportText()
      if report == nil, let constraint { text.append(constraint.text[...]) }
      told.reportText = text.finished(with: line.text)
    }
    takeAnnouncement(of: kill.victim.pid)
    recent.append(seen)
    return told
  }

  private mutating func takeConstraint(for kill: OOMKillLine, _ line: KernelLine) -> OOMConstraintLine? {
    if let index = constraints.lastIndex(where: { $0.line.pid == kill.victim.pid }) {
      return constraints.remove(at: index).line
    }
    let same = constraints.indices.filter { constraints[$0].caller == line.caller }
    guard same.count == 1, let index = same.first else { return nil }
    let pending = constraints[index]
    // The line may be cut before its pid; and it may name a thread of the process that is killed.
    let isThread =
      pending.line.pid != nil && pending.number + 4 > lineNumber
      && (kill.victim.uid == nil || kill.victim.uid == pending.line.uid)
      && (kill.isAllocatingTask || line.caller != nil || kill.victim.comm.map(pending.line.names) ?? false)
    guard pending.line.pid == nil || isThread else { return nil }
    return constraints.remove(at: index).line
  }

  private mutating func takeReport(
    for kill: OOMKillLine, _ constraint: OOMConstraintLine?, _ line: KernelLine
  ) -> OOMReport? {
    guard let newest = activeReport(line.caller) else { return nil }
    if constraint == nil, printsConstraints, !kill.isAllocatingTask, reports[newest].trigger != nil {
      return nil
    }
    let open = reports.indices.filter { reports[$0].caller == line.caller }
    guard open.count > 1 || reports[newest].isUncertain else {
      return reports.remove(at: newest)
    }
    // Several reports came mixed: order tells nothing, only the victim's own failed allocation does.
    let own = open.first { reports[$0].trigger?.pid == kill.victim.pid }
    var report = reports.remove(at: own ?? open.first ?? newest)
    if own == nil {
      report.trigger = nil
      for index in reports.indices where reports[index].caller == line.caller {
        reports[index].isUncertain = true
      }
    }
    (report.limitCgroup, report.taskCgroup, report.tasksDumped, report.limitKind) = (nil, nil, nil, nil)
    return report
  }

  /// A child of the announced process may be killed in its place: without the pid itself, the latest is meant.
  private mutating func takeAnnouncement(of pid: Int32) {
    if let index = announcements.lastIndex(where: { $0.pid == pid }) {
      announcements.remove(at: index)
    } else {
      _ = announcements.popLast()
    }
  }

  // MARK: What is open

  private func activeReport(_ caller: KernelLine.Caller?) -> Int? {
    reports.lastIndex { $0.caller == caller }
  }

  /// The open report of this line's caller, or a new one without a first line.
  private mutating func withReport(_ line: KernelLine, _ body: (inout OOMReport) -> Void) {
    if activeReport(line.caller) == nil {
      if reports.count >= Self.openLimit { reports.removeFirst() }
      reports.append(OOMReport(caller: line.caller, line: lineNumber, microseconds: line.microseconds))
    }
    guard let index = activeReport(line.caller) else { return }
    body(&reports[index])
    reports[index].lastLine = lineNumber
    append(line)
  }

  private mutating func append(_ line: KernelLine) {
    guard let index = activeReport(line.caller) else { return }
    if line.microseconds != nil, reports[index].lastLine == lineNumber {
      reports[index].lastMicroseconds = line.microseconds
    }
    if keepsText { reports[index].text.append(line.text) }
  }

  /// The clock of another boot begins again from 0: nothing from before belongs to what comes.
  private mutating func noteTime(_ microseconds: UInt64?) {
    guard let now = microseconds else { return }
    if let newest = newestMicroseconds, now < newest {
      guard newest - now > 10_000_000 else { return }
      noteLoss()
      printsConstraints = false
      recent = OOMRecentKills()
    }
    newestMicroseconds = now
  }

  private mutating func dropExpired() {
    guard isInsideReport else { return }
    let (lineNumber, now) = (lineNumber, newestMicroseconds)
    func isExpired(_ number: Int, _ microseconds: UInt64?) -> Bool {
      if lineNumber - number > Self.patienceLines { return true }
      guard let now, let microseconds, now > microseconds else { return false }
      return now - microseconds > Self.patienceMicroseconds
    }
    if reports.contains(where: { isExpired($0.lastLine, $0.lastMicroseconds) }) {
      reports.removeAll { isExpired($0.lastLine, $0.lastMicroseconds) }
    }
    if constraints.contains(where: { isExpired($0.number, $0.microseconds) }) {
      constraints.removeAll { isExpired($0.number, $0.microseconds) }
    }
  }
}
