internal import ArgumentParser
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// `oomguardctl drill`
struct Drill: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Has the kernel kill a process of its own, and looks whether that is told.",
    discussion: """
      For root. The process is alone in a transient unit with a limit of 16 MiB, does not swap, and is the first \
      to go whatever happens. Exit status 1 if the kill was not told, 3 if the daemon does not run.
      """)

  @Flag(help: .hidden)
  var hog = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup var place: Place

  func run() throws {
    if hog { throw ExitCode(GuardReport.Drill.hog()) }
    let drill = try GuardReport.Drill(in: place.directory, wall: { Oomguardctl.now })
    try Oomguardctl.show(drill, asJSON: json) { DrillScreen(drill, in: $0).lines() }
    try Oomguardctl.conclude(drill.exitStatus, problem: drill.problem)
  }
}
