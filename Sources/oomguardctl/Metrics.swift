internal import ArgumentParser
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// `oomguardctl metrics`
struct Metrics: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints what Prometheus collects.",
    discussion: """
      For node_exporter's textfile collector: the timer oomguard-metrics.timer, which is not enabled as \
      installed, writes it each minute. Exit status 3 if the daemon is not at work; then oomguard_up is 0 and all.
      """)

  @Option(
    help: ArgumentHelp("Replace this file instead, in one piece.", valueName: "file"), completion: .file())
  var output: String?

  @Flag(help: "Print the same as JSON.")
  var json = false

  @OptionGroup var place: Place

  func validate() throws {
    if json, output != nil {
      throw ValidationError("--output is for Prometheus's own format; leave --json out")
    }
  }

  func run() throws {
    let root = place.directory
    let reading = StatusFile(in: root).reading(at: Oomguardctl.now).withPressure(CurrentPressure(in: root))
    let metrics = GuardReport.Metrics(reading)
    if let output {
      try metrics.write(to: output)
    } else if json {
      try StandardStream.output.write(JSONWriter.bytes(of: metrics, layout: .indented))
    } else {
      try StandardStream.output.write(metrics.text.utf8)
    }
    if reading.daemon != .running, let problem = reading.problem {
      Oomguardctl.complain("oomguardctl: \(problem)")
    }
    try Oomguardctl.conclude(reading.daemon == .running ? .fine : reading.problem?.exitStatus ?? .notRunning)
  }
}
