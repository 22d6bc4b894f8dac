internal import ArgumentParser
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// `oomguardctl memory`
struct Memory: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows where the memory is: every page in one line, and what would free some.",
    discussion: """
      With a pid: what one process has, what goes when it ends and what stays. As root each page is looked at, \
      which takes about a second for 30 GiB; otherwise states that overlap are estimated.
      """)

  @Argument(help: "Show this process instead.", completion: Candidates.pids)
  var pid: Int32?

  @Option(help: ArgumentHelp("Show the processes that have the most instead.", valueName: "n"))
  var top: Int?

  @Flag(help: "Print the answer as JSON.")
  var json = false

  @Flag(help: "Do not look at each page, estimate instead.")
  var quick = false

  @OptionGroup var place: Place

  func validate() throws {
    if let pid, pid <= 0 { throw ValidationError("a pid is a number from 1 up") }
    if let top, top <= 0 { throw ValidationError("--top takes a number from 1 up") }
    if pid != nil, top != nil { throw ValidationError("name a pid or --top, not both") }
  }

  func run() throws {
    if let pid { return try showProcess(pid) }
    if let top { return try showLargest(top) }
    let root = place.directory
    guard let report = MemoryReport(of: root, countsPages: !quick, at: Oomguardctl.now) else {
      Oomguardctl.complain(
        "oomguardctl: '\(root.path("/proc/meminfo"))' cannot be read; /proc must be mounted")
      return try Oomguardctl.conclude(.usage)
    }
    try Oomguardctl.show(report, asJSON: json) { MemoryScreen(report, in: $0).lines() }
  }

  private func showProcess(_ pid: Int32) throws {
    do {
      let report = try ProcessMemoryReport(of: pid, in: place.directory)
      try Oomguardctl.show(report, asJSON: json) { ProcessMemoryScreen(report, in: $0).lines() }
      try Oomguardctl.conclude(report.exitStatus)
    } catch let problem as ExplanationProblem {
      Oomguardctl.complain("oomguardctl: \(problem)")
      try Oomguardctl.conclude(problem.exitStatus)
    }
  }

  private func showLargest(_ count: Int) throws {
    do {
      let largest = try LargestProcesses(count, in: place.directory)
      try Oomguardctl.show(largest, asJSON: json, largest.lines)
    } catch let error as SystemCallError where error.call != "write" {
      Oomguardctl.complain("oomguardctl: \(error); /proc must be mounted")
      try Oomguardctl.conclude(.usage)
    }
  }
}
