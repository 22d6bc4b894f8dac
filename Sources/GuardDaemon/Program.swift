internal import GuardConfig
internal import GuardCore
internal import GuardLinux
internal import GuardStatus
internal import GuardSystemd

/// `oomguardd` from its arguments to its exit status.
package enum Program {
  package static func run(_ arguments: [String]) -> Int32 {
    // Whoever reads what we say may end before us.
    OwnProcess.outliveReaders()
    OwnProcess.keepsNoFreedMemory()
    let standardError = StandardError()
    let options: DaemonOptions
    do throws(UsageError) {
      options = try DaemonOptions(arguments)
    } catch {
      return finish(.usage, "oomguardd: \(error)", standardError)
    }
    switch options.task {
    case .version: return say("oomguardd \(Release.version)\n")
    case .help: return say(DaemonOptions.usage)
    case .restore: return restore(options, standardError)
    case .run, .once, .checkConfig: break
    }

    let source = ConfigSource(path: options.configPath, root: RootDirectory(options.rootPath))
    let loaded: ConfigSource.Loaded
    do throws(ConfigErrors) {
      let mayFallBack = options.task != .checkConfig && !options.isDryRun
      loaded = try mayFallBack ? source.loadOrFallBack() : source.load()
    } catch {
      return finish(error.isPassing ? .failure : .usage, "\(error)", standardError)
    }
    do throws(SystemCallError) {
      switch options.task {
      case .checkConfig:
        let config = loaded.config
        for warning in config.warnings { _ = standardError.write("\(warning)\n") }
        return say("\(config.files.joined(separator: ", ")): ok, \(config.rules.count) rules\n")
      case .once where options.isDryRun: return try rehearse(loaded.config, source)
      default: return try guardMachine(options, loaded, source, standardError)
      }
    } catch {
      return finish(.failure, "oomguardd: \(error)", standardError)
    }
  }

  /// `--dry-run --once`: what would be written, a line each. Writes nothing anywhere.
  private static func rehearse(_ config: Config, _ source: ConfigSource) throws(SystemCallError) -> Int32 {
    let rules = RuleSet(config.rules, totalBytes: source.root.totalMemoryBytes)
    let mains = MainProcesses(asksSystemd: source.root.isMachine && ServiceManager.isRunning())
    let keeper = Keeper(
      try Survey(in: source.root, mains: mains), mains: mains, rules: rules, remembered: [:], state: nil,
      isDryRun: true)
    keeper.findMainsNow()
    let round = keeper.keep()
    if let failure = round.failure { throw failure }
    return say(round.written.map { "\($0)\n" }.joined())
  }

  private static func guardMachine(
    _ options: DaemonOptions, _ loaded: ConfigSource.Loaded, _ source: ConfigSource,
    _ standardError: borrowing StandardError
  ) throws(SystemCallError) -> Int32 {
    var runtime: RuntimeDirectory?
    var failure: SystemCallError?
    do throws(SystemCallError) {
      let directory = try RuntimeDirectory(in: source.root)
      // What a daemon before this one left can be read even where nothing can be written.
      runtime = directory
      if case .taken(let pid) = try directory.lock() { return alreadyRunning(pid, standardError) }
    } catch {
      // One that is there may hold what others owe: without it their promises would be taken for bases.
      if runtime == nil, error.call != "mkdir" { throw error }
      // A full or read-only /run must not keep anybody from being protected.
      failure = error
    }
    // Best effort: without CAP_IPC_LOCK the daemon works, only less surely when memory is gone.
    try? OwnProcess.lockMemory()
    let daemon = try Daemon(
      options, loaded, source: source, runtime: runtime, runtimeFailure: failure)
    if options.task == .once { daemon.once() } else { try daemon.run() }
    return DaemonExit.fine.rawValue
  }

  /// `--restore`: for the package's removal, and for an administrator after a crash loop.
  private static func restore(_ options: DaemonOptions, _ standardError: borrowing StandardError) -> Int32 {
    let root = RootDirectory(options.rootPath)
    do throws(SystemCallError) {
      let directory = try RuntimeDirectory(in: root)
      if case .taken(let pid) = try directory.lock() { return alreadyRunning(pid, standardError) }
      let state = try StateFile(in: directory, boot: root.bootID())
      if let loss = state.loss {
        let remedy = "set the scores back yourself, or restart the services"
        return finish(.failure, "oomguardd: \(loss); \(remedy)", standardError)
      }
      let mains = MainProcesses(asksSystemd: false)
      let keeper = Keeper(
        try Survey(in: root, mains: mains), mains: mains, rules: RuleSet([], totalBytes: 0),
        remembered: state.takeDebts(), state: nil, isDryRun: options.isDryRun)
      let round = keeper.keep()
      if let failure = round.failure { throw failure }
      for (change, why) in round.refused { _ = standardError.write("\(change): \(why)\n") }
      if !options.isDryRun, round.refused.isEmpty { state.tidy(in: directory, for: Ledger(), always: true) }
      _ = say(round.written.map { "\($0)\n" }.joined())
      return (round.refused.isEmpty ? DaemonExit.fine : .failure).rawValue
    } catch {
      return finish(.failure, "oomguardd: \(error)", standardError)
    }
  }

  private static func alreadyRunning(_ pid: Int32?, _ standardError: borrowing StandardError) -> Int32 {
    let who = pid.map { "pid \($0)" } ?? "another process"
    return finish(.failure, "oomguardd: already running as \(who); stop it first", standardError)
  }

  private static func say(_ text: String) -> Int32 {
    print(text, terminator: "")
    return DaemonExit.fine.rawValue
  }

  private static func finish(
    _ status: DaemonExit, _ message: String, _ standardError: borrowing StandardError
  ) -> Int32 {
    _ = standardError.write("\(message)\n")
    return status.rawValue
  }
}
