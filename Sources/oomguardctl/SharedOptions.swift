internal import ArgumentParser
internal import GuardLinux
internal import GuardReport

/// `--root`, which every verb takes.
struct Place: ParsableArguments {
  @Option(
    name: .customLong("root"), help: ArgumentHelp("Look at a directory shaped like /.", valueName: "dir"))
  var path = "/"

  var directory: RootDirectory { RootDirectory(path) }
}

/// `--config`, of verbs that go by the rules without asking the daemon.
struct ConfigSource: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Go by this configuration and the drop-ins in FILE.d.",
      discussion: "Without it: the one the daemon was started with.", valueName: "file"),
    completion: .file(extensions: ["conf"]))
  var config: String?

  /// The machine's own configuration may be missing, or have mistakes: then there are no rules to go by. One that the
  /// asker has named has to be there, and right.
  func requireSound() throws {
    guard let config else { return }
    let check = ConfigCheck(of: config, in: RootDirectory())
    guard check.exitStatus != .fine else { return }
    check.complaints(in: Oomguardctl.appearance).forEach(Oomguardctl.complain)
    try Oomguardctl.conclude(check.exitStatus == .notPermitted ? .notPermitted : .usage)
  }
}
