internal import GuardLinux

/// What the command line asks of the daemon.
package struct DaemonOptions: Equatable, Sendable {
  package enum Task: Equatable, Sendable {
    /// Stay and keep every promise until a signal ends it.
    case run
    /// One survey, then exit; scores stay.
    case once
    /// Give back every base that is noted in the state, then exit.
    case restore
    case checkConfig
    case version
    case help
  }
  package var task = Task.run
  /// `nil`: /etc/oomguard.conf and its drop-ins.
  package var configPath: String?
  package var rootPath = "/"
  package var isDryRun = false
  package var isVerbose = false

  package static let usage = """
    usage: oomguardd [--config FILE] [--check-config] [--dry-run] [--once] [--restore] [--root DIR]
                     [--verbose] [--version]

      --config FILE   read FILE and FILE.d instead of /etc/oomguard.conf and its drop-ins
      --check-config  say what is wrong with the configuration, and exit
      --dry-run       say what would be written, and write nothing
      --once          look once, write what is due, and exit; scores stay
      --restore       give back every score noted in /run/oomguard/state, and exit
      --root DIR      take etc, proc, run and sys below DIR
      --verbose       as log_level = "debug"
      --version       say which version this is, and exit

    """

  /// - Throws: what is wrong with `arguments`, the program's name left out.
  package init(_ arguments: [String]) throws(UsageError) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      // `--config=FILE` is the same as `--config FILE`.
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
        String($0)
      }
      let name = parts.first ?? ""
      func value() throws(UsageError) -> String {
        guard let value = parts.count > 1 ? parts[1] : rest.popFirst(), !value.isEmpty else {
          throw UsageError(message: "'\(name)' needs a value")
        }
        return value
      }
      switch name {
      case "--config": configPath = try value()
      case "--root": rootPath = try value()
      case _ where parts.count > 1: throw UsageError(message: "'\(name)' takes no value")
      case "--check-config": task = .checkConfig
      case "--dry-run": isDryRun = true
      case "--once": task = .once
      case "--restore": task = .restore
      case "--verbose": isVerbose = true
      case "--version": task = .version
      case "--help", "-h": task = .help
      default: throw UsageError(message: "'\(argument)' is no option of oomguardd; see oomguardd --help")
      }
    }
  }
}

package struct UsageError: Error, Equatable, CustomStringConvertible {
  package var message: String
  package var description: String { message }
}

/// How the daemon ends.
package enum DaemonExit: Int32, Sendable {
  case fine = 0
  case failure = 1
  /// A mistake in the configuration or on the command line.
  case usage = 2
}
