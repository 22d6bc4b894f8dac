internal import ArgumentParser
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// `oomguardctl victims`
struct Victims: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows who would be killed next, and how far each protected service is from that.",
    discussion: """
      By the kernel's own formula: memory in RAM and swap, page tables, and the score in thousandths of the \
      limit. Works without the daemon. Exit status 1 if the next to go is a protected process.
      """)

  @Option(
    help: ArgumentHelp(
      "Ask for this memory cgroup's limit instead of the machine's.",
      discussion: "As /proc/PID/cgroup names it: /system.slice/nginx.service", valueName: "path"))
  var cgroup: String?

  @Option(
    help: ArgumentHelp(
      "Take this score for given, for every process of a unit; may be repeated.",
      discussion: "As in: --what-if nginx.service=-500", valueName: "unit=score"))
  var whatIf: [String] = []

  @Option(help: ArgumentHelp("Show the first N. Without it: 10, with --json all.", valueName: "n"))
  var top: Int?

  @OptionGroup var source: ConfigSource

  @Flag(help: "Print the answer as JSON.")
  var json = false

  @OptionGroup var place: Place

  func validate() throws {
    if let top, top < 1 { throw ValidationError("--top takes a number from 1 up") }
  }

  func run() throws {
    try source.requireSound()
    let changes = try whatIf.map { try WhatIf($0) }
    let answer = try GuardReport.Victims(
      in: cgroup, whatIf: changes, config: source.config, root: place.directory, at: Oomguardctl.now)
    try Oomguardctl.show(answer.limited(to: top), asJSON: json) {
      VictimsScreen(answer, top: top ?? 10, in: $0).lines()
    }
    try Oomguardctl.conclude(answer.exitStatus)
  }
}
