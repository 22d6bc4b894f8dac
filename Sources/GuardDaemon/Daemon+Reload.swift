internal import GuardConfig
internal import GuardCore
internal import GuardLinux
internal import GuardSystemd

// What the daemon does about its configuration while it runs.
extension Daemon {
  /// All or nothing: a mistake leaves the old configuration in force.
  func reload() {
    let now = Clock.boot()
    // Kills until now were under the old rules.
    readKernelLog()
    manager.reloading(monotonic: Clock.monotonic(), at: now)
    do throws(ConfigErrors) {
      let loaded = try configSource.load()
      let new = loaded.config
      filesToKeep = loaded.files
      degrade(.lastGoodConfig, nil)
      let hasNewPressure = new.pressure != config.pressure
      (config, configLoaded, configError) = (new, Clock.wall(), nil)
      applyLogLevel()
      hooks.use(new.notify)
      loadRules()
      keeper.setConflictLimit(new.conflictLimit)
      keeper.forgetConflicts()
      dangers.forget()
      if hasNewPressure { armPressure() }
      for warning in new.warnings { tell(.config(.warning, "\(warning)")) }
      tell(
        .config(
          .notice,
          "configuration read again: \(new.rules.count) rules of \(new.files.joined(separator: ", "))"))
    } catch {
      if degradations.reasons[.lastGoodConfig] == nil { configError = "\(error)" } else { noteCopy(error) }
      tell(.config(.error, "the old configuration stays in force: \(error)"))
    }
    reconcile()
    tellLeaks()
    manager.ready(at: now)
    keepCopy()
  }

  /// The files as they are cannot be used, and the last good copy of them is in force.
  func noteCopy(_ errors: ConfigErrors) {
    configError = "\(errors)"
    let first = errors.errors.first?.description ?? ""
    let more = errors.errors.count > 1 ? " (and \(errors.errors.count - 1) more)" : ""
    degrade(
      .lastGoodConfig, "\(first)\(more); '\(root.path(LastGoodFile.path))' is in force until that is mended")
  }

  /// After everything else, since it may wait for a disk.
  func keepCopy() {
    guard let files = filesToKeep, !options.isDryRun else { return }
    filesToKeep = nil
    do throws(SystemCallError) {
      try configSource.keep(files)
    } catch {
      tell(
        .config(
          .warning,
          "no copy of the configuration can be kept for a start with a broken one: \(error), ignoring"))
    }
  }
}
