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

  @OptionGroup var source: ConfigSource

  @Flag(help: "Print the findings as JSON.")
  var json = false

  @OptionGroup var place: Place

  func run() throws {
    try source.requireSound()
    let check = MachineCheck(config: source.config, in: place.directory, at: Oomguardctl.now)
    try Oomguardctl.show(check, asJSON: json, check.lines)
    try Oomguardctl.conclude(check.exitStatus)
  }
}
