internal import ArgumentParser
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// `oomguardctl parse`
struct Parse: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the OOM kills in any kernel log: dmesg, syslog, the journal, raw records.",
    discussion: """
      The log may be of any machine and any kernel since 2.6. A kill is what the kernel reports as done; \
      a choice it only announced is listed apart. Exit status 0 also if there is no kill, 2 if the file \
      cannot be read, 4 if it may not be.
      """)

  @Argument(
    help: ArgumentHelp(
      "The log; - or nothing is standard input.",
      discussion: "As in: journalctl -k -b -1 | oomguardctl parse"),
    completion: .file())
  var file: String?

  @Flag(help: "Print the kills as JSON.")
  var json = false

  // Every verb takes it. What is named on the command line is a path of the machine's own, as with --config.
  @OptionGroup var place: Place

  func run() throws {
    do {
      let input = try TextInput(file == "-" ? nil : file)
      if file == nil, input.isTerminal() {
        Oomguardctl.complain(
          "oomguardctl: no log to read; name a file, or pipe one in: dmesg | oomguardctl parse")
        return try Oomguardctl.conclude(.usage)
      }
      let log = KillLog(input)
      try json ? printJSON(log) : printText(log)
    } catch let error as SystemCallError where error.call != "write" {
      Oomguardctl.complain("oomguardctl: \(error); \(Self.remedy(for: error))")
      try Oomguardctl.conclude(error.isNotPermitted ? .notPermitted : .usage)
    }
  }

  private func printJSON(_ log: KillLog) throws {
    do {
      try JSONWriter.write(log, layout: .indented) { try StandardStream.output.write($0) }
    } catch .value(let error) {
      throw error
    } catch .sink(let error) {
      throw error
    }
  }

  private func printText(_ log: KillLog) throws {
    let appearance = Oomguardctl.appearance
    var count = 0
    while let kill = try log.next() {
      count += 1
      try StandardStream.output.write("\(kill.line(in: appearance))\n".utf8)
    }
    let lines = log.totals.lines(kills: count, in: appearance)
    try StandardStream.output.write(lines.flatMap { "\($0)\n".utf8 })
  }

  private static func remedy(for error: SystemCallError) -> String {
    error.isNotPermitted ? "run as root, or make it readable" : "name a file that holds a kernel's log"
  }
}
