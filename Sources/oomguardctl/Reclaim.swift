internal import ArgumentParser
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// `oomguardctl reclaim`
struct Reclaim: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Frees caches, or a cgroup's memory, on demand: what was predicted beside what came (root).",
    discussion: """
      Asks twice on a terminal. Exit status 1 if a cgroup did not give all that was asked, 2 if nobody can be \
      asked and --yes is not there, 4 if not root.
      """)

  @Option(
    help: ArgumentHelp(
      "Drop clean file cache (pages), names and inodes (slab), or both (all).", valueName: "pages|slab|all"))
  var caches: ReclaimRequest.Caches?

  @Flag(help: "With --caches: first write out all that is dirty.")
  var sync = false

  @Option(
    help: ArgumentHelp(
      "Reclaim from this cgroup and those below it.", discussion: "With --bytes.", valueName: "path"))
  var cgroup: String?

  @Option(help: ArgumentHelp("With --cgroup: how much.", discussion: "As in 512MiB.", valueName: "n"))
  var bytes: String?

  @Flag(help: "Do not ask.")
  var yes = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup var place: Place

  func validate() throws {
    guard (caches != nil) != (cgroup != nil) else {
      throw ValidationError("name --caches or --cgroup, and one of them")
    }
    if sync, caches == nil { throw ValidationError("--sync goes with --caches") }
    if (bytes != nil) != (cgroup != nil) { throw ValidationError("--cgroup goes with --bytes") }
    if let bytes, ReclaimRequest.size(bytes) == nil {
      throw ValidationError("--bytes takes a number, or one with KiB, MiB or GiB")
    }
  }

  func run() throws {
    let request = try request()
    let root = place.directory
    if root.isMachine, OwnProcess.effectiveUID != 0 {
      throw Refusal(.notPermitted, "only root may have memory reclaimed; run it with sudo")
    }
    let prediction = request.prediction(in: root)
    guard try isWanted(request, prediction) else { throw Refusal(.finding, "nothing was done") }
    let report = try request.perform(in: root, expecting: prediction)
    try Oomguardctl.show(report, asJSON: json) { _ in report.lines() }
    try Oomguardctl.conclude(report.isComplete ? .fine : .finding)
  }

  private func request() throws(Refusal) -> ReclaimRequest {
    if let caches { return .caches(caches, syncs: sync) }
    return try ReclaimRequest(cgroup: cgroup ?? "", bytes: bytes.flatMap(ReclaimRequest.size) ?? 0)
  }

  /// Asks twice, so that a command found in the shell's history does not do it by itself.
  private func isWanted(_ request: ReclaimRequest, _ prediction: ReclaimPrediction?) throws(Refusal) -> Bool {
    if yes { return true }
    let unasked = Refusal(.usage, "nobody can be asked, since standard input is no terminal; say --yes")
    do {
      let input = try TextInput(nil)
      guard input.isTerminal() else { throw unasked }
      Oomguardctl.complain("This \(request.warning).")
      Oomguardctl.complain("Expected: \(prediction.map(request.words) ?? "not known"). Go on? [y/N]")
      guard try input.nextLine() == "y" else { return false }
      Oomguardctl.complain("Really? Write 'yes' to do it.")
      return try input.nextLine() == "yes"
    } catch {
      throw error as? Refusal ?? unasked
    }
  }
}

extension TextInput {
  fileprivate borrowing func nextLine() throws -> String {
    // A terminal hands over a line at a time.
    let line = try next() ?? []
    return String(decoding: line.filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}

extension ReclaimRequest.Caches: ExpressibleByArgument {}
