internal import ArgumentParser
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// `oomguardctl check`
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Looks at the machine's settings: does anything work against memory, or against a rule here?",
    discussion: """
      Each finding says what it means, the command that mends it, and where it is documented. Works without the \
      daemon. Exit status 1 if any finding is a warning or worse.
      """)

  @Option(
    help: ArgumentHelp(
      "Go by this configuration and the drop-ins in FILE.d.",
      discussion: "Without it: the one the daemon was started with.", valueName: "file"),
    completion: .file(extensions: ["conf"]))
  var config: String?

  @Flag(help: "Print the findings as JSON.")
  var json = false

  @OptionGroup var place: Place

  func run() throws {
    let check = MachineCheck(config: config, in: place.directory, at: Oomguardctl.now)
    if json {
      try StandardStream.output.write(JSONWriter.bytes(of: check, layout: .indented))
    } else {
      let lines = check.lines(in: Oomguardctl.appearance)
      try StandardStream.output.write(lines.flatMap { "\($0)\n".utf8 })
    }
    try Oomguardctl.conclude(check.exitStatus)
  }
}
