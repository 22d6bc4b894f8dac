internal import ArgumentParser
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// `oomguardctl check-config`
struct CheckConfig: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Reads a configuration as the daemon would, and names every mistake.",
    discussion: "Exit status 1 if there is a mistake, 4 if a file may not be read. Warnings are no mistakes.")

  @Argument(
    help: ArgumentHelp(
      "The file, read with the drop-ins in FILE.d.",
      discussion: "Without it: \(ConfigFiles.standardPath) and its drop-ins."),
    completion: .file(extensions: ["conf"]))
  var file: String?

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup var place: Place

  func run() throws {
    let check = ConfigCheck(of: file, in: place.directory)
    let appearance = Oomguardctl.appearance
    if json {
      try StandardStream.output.write(JSONWriter.bytes(of: check, layout: .indented))
    } else {
      check.complaints(in: appearance).forEach(Oomguardctl.complain)
      if let summary = check.summary(in: appearance) { try StandardStream.output.write("\(summary)\n".utf8) }
    }
    try Oomguardctl.conclude(check.exitStatus)
  }
}
