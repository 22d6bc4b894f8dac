internal import ArgumentParser
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// `oomguardctl experiment`
struct Experiment: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes memory of one kind after another, and shows where it is seen and what frees it (root).",
    discussion: """
      Each in a process of its own, within a memory cgroup of its own. Caches of the whole machine are dropped in \
      between, unless --keep-caches. Best on a machine that does nothing else. Exit status 1 if a kind could not \
      be made, 4 if not root.
      """)

  @Argument(
    help: ArgumentHelp(
      "The kinds.",
      discussion:
        "Of: \(HeldMemory.Kind.allCases.map(\.rawValue).joined(separator: ", ")). Without any: the usual ones.",
      valueName: "kind"))
  var kinds: [HeldMemory.Kind] = []

  @Option(help: ArgumentHelp("How much of each.", valueName: "mib"))
  var size = 256

  @Flag(help: "Drop no caches.")
  var keepCaches = false

  @Option(help: ArgumentHelp("Where files are made; on a disk.", valueName: "dir"))
  var directory = "/var/tmp"

  @Flag(help: "Print the results as JSON.")
  var json = false

  @OptionGroup var place: Place

  // What the process that holds the memory is told; see GuardReport.Experiment.
  @Option(help: .hidden) var hold: HeldMemory.Kind?
  @Option(help: .hidden) var bytes: Int?

  func validate() throws {
    guard (1...(1 << 20)).contains(size) else {
      throw ValidationError("--size takes a number of MiB from 1 up")
    }
  }

  func run() throws {
    if let hold, let bytes { return try GuardReport.Experiment.hold(hold, bytes: bytes, in: directory) }
    let table = try ExperimentTable(
      of: kinds.isEmpty ? HeldMemory.Kind.usual : kinds, bytes: size << 20, in: directory, drops: !keepCaches,
      on: place.directory)
    try Oomguardctl.show(table, asJSON: json) { table.lines(in: $0) }
    try Oomguardctl.conclude(table.failures.isEmpty ? .fine : .finding)
  }
}

extension HeldMemory.Kind: ExpressibleByArgument {}
