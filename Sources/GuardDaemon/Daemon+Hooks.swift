internal import GuardLinux
internal import GuardSystemd

extension Daemon {
  /// Every event is told through here.
  func tell(_ entry: JournalEntry) {
    let now = Clock.boot()
    log.send(entry, at: now)
    if entry.priority <= log.threshold { hooks.consider(entry, wall: Clock.wall(), at: now) }
  }

  /// Looks after the runs under way. What it has to tell starts no run, or a failure would lead to the next.
  func tendHooks(at now: Duration) {
    for warning in hooks.process(at: now) { log.send(warning, at: now) }
    guard let bus = hooks.connection else {
      watchedHookBus = nil
      return
    }
    let wanted = (generation: bus.generation, wantsToWrite: bus.wantsToWrite)
    guard watchedHookBus.map({ $0 != wanted }) ?? true else { return }
    do throws(SystemCallError) {
      try loop.watch(
        number: bus.number, for: wanted.wantsToWrite ? [.readable, .writable] : .readable,
        token: Source.hooks.rawValue)
      watchedHookBus = wanted
    } catch {
      watchedHookBus = nil
    }
  }
}
