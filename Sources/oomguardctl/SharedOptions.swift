internal import ArgumentParser
internal import GuardLinux

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
}
