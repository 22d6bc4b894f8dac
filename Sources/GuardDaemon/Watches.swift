internal import GuardCore
internal import GuardLinux

/// What tells of new processes while nobody looks: the cgroup tree and the process connector.
///
/// Armed only as far as the rules need it. Whatever either of them loses is made good by a survey.
final class Watches {
  private let root: RootDirectory
  private let survey: Survey
  private(set) var cgroups: CgroupWatch?
  private var processEvents: ProcessEvents?
  private var interest = ProcessEvents.Interest()
  /// Why processes are not told of at birth, though a rule needs it; `nil` when all is well.
  private(set) var processEventsFailure: String?
  private(set) var cgroupsFailure: String?
  /// Events were dropped, and not all that is there has been read since.
  private var isOverrun = false

  /// Whether the process connector tells of new programs.
  var seesExecs: Bool { processEvents != nil }

  init(in root: RootDirectory, survey: Survey) { (self.root, self.survey) = (root, survey) }

  /// Brings what is watched in line with the rules and the main processes.
  ///
  /// - Parameters:
  ///   - watchCgroups: hands a new inotify descriptor to the loop.
  ///   - watchProcesses: the same for the connector's.
  func arm(
    _ rules: RuleSet, mains: Set<Int32>,
    watchCgroups: (borrowing OwnedDescriptor) throws(SystemCallError) -> Void,
    watchProcesses: (borrowing OwnedDescriptor) throws(SystemCallError) -> Void
  ) {
    // A fake root's processes are nobody's: no event would ever be about them.
    guard root.isMachine else { return }
    if rules.needsCgroups, cgroups == nil {
      do throws(SystemCallError) {
        let watch = try survey.cgroupWatch()
        try watchCgroups(watch.descriptor)
        (cgroups, cgroupsFailure) = (watch, nil)
      } catch {
        cgroupsFailure = "\(error)"
      }
    }
    var wanted = ProcessEvents.Interest()
    if !rules.rules.isEmpty {
      (wanted.execs, wanted.comms, wanted.uids) = (rules.wantsExecs, rules.wantsComms, rules.wantsUIDs)
      wanted.forkParents = mains
    }
    guard wanted != interest || (processEvents == nil && !wanted.isEmpty) else { return }
    interest = wanted
    do throws(SystemCallError) {
      if wanted.isEmpty {
        processEvents = nil
      } else if processEvents != nil {
        try processEvents?.change(to: wanted)
      } else {
        let events = try ProcessEvents(wanted)
        try watchProcesses(events.descriptor)
        processEvents = consume events
      }
      processEventsFailure = nil
    } catch {
      processEvents = nil
      processEventsFailure = "\(error)"
    }
  }

  /// Whoever could not be watched is tried again by the survey that follows.
  func tryAgain() {
    if cgroups != nil { cgroupsFailure = nil }
  }

  /// What happened to cgroups since the last call. A watch that fails ends, and everything is looked at instead.
  func takeCgroupChanges() -> [CgroupWatch.Change] {
    do throws(SystemCallError) {
      let changes = try cgroups?.take() ?? []
      // That one was removed, and another made in its name, may be among what is lost: it would pass for watched. The
      // survey that follows finds all there are for a new watch.
      if changes.contains(.overrun) { cgroups = nil }
      return changes
    } catch {
      (cgroups, cgroupsFailure) = (nil, "\(error)")
      return [.overrun]
    }
  }

  /// What the process connector told since the last call.
  struct News {
    var pids: Set<Int32> = []
    /// Those of them that began a program.
    var execs: Set<Int32> = []
    /// Main processes that forked.
    var parents: Set<Int32> = []
    var overran = false
  }

  /// A connector that fails is closed, and everything is looked at instead.
  func takeProcessEvents() -> News {
    var news = News()
    do throws(SystemCallError) {
      try takeProcessEvents(&news)
    } catch {
      processEvents = nil
      (processEventsFailure, news.overran) = ("\(error)", true)
    }
    return news
  }

  private func takeProcessEvents(_ news: inout News) throws(SystemCallError) {
    // Bounded, so that a storm leaves the loop its other work; what is left wakes it again at once.
    for _ in 0..<4096 {
      guard let event = try processEvents?.next() else {
        // Not before: until all is read the kernel drops more, and says so no second time
        // (net/netlink/af_netlink.c: netlink_overrun).
        (news.overran, isOverrun) = (isOverrun, false)
        break
      }
      switch event {
      case .exec(let pid):
        news.execs.insert(pid)
        news.pids.insert(pid)
      case .comm(let pid), .uid(let pid): news.pids.insert(pid)
      case .fork(let parent, let child):
        news.parents.insert(parent)
        news.pids.insert(child)
      case .overrun: isOverrun = true
      }
    }
  }

  /// Watches a cgroup the survey came by. Named ones tell of their processes, the others only of new cgroups.
  func cover(_ path: CgroupPath, isNamed: Bool) {
    guard let cgroups, !cgroups.isWatched(path) else { return }
    do throws(SystemCallError) {
      try cgroups.watch(path, members: isNamed)
    } catch {
      // fs.inotify.max_user_watches, most likely: the reconcile timer still finds everything.
      cgroupsFailure = "\(error)"
    }
  }
}
