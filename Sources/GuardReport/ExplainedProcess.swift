internal import GuardCore
internal import GuardLinux

/// What is read of the one process that is asked about, all through a directory that pins it.
struct ExplainedProcess: ~Copyable {
  let stat: ProcessStat
  let status: ProcessStatus
  let score: OOMScoreAdj
  let cgroup: CgroupPath?
  /// `nil` where it may not be read.
  let shared: SharedSizes?
  let fork: Explanation.Fork?
  /// Whether its executable may not be read, so that no rule can ask for it.
  let hidesExecutable: Bool
  private var facts: LiveFacts

  /// - Parameter pid: of the process or of one of its threads.
  init(_ pid: Int32, in proc: borrowing ProcDirectory, _ root: RootDirectory) throws(ProcessError) {
    var directory = try Self.open(pid, in: proc)
    var status = try Self.status(of: directory)
    if let process = status.threadGroupID, process != pid {
      directory = try Self.open(process, in: proc)
      status = try Self.status(of: directory)
    }
    (stat, score) = (try directory.stat(), try directory.score())
    let version = (try? CgroupTree(in: root))?.version
    let cgroup = version.flatMap { directory.cgroup($0) }
    shared = (try? directory.read("smaps_rollup")).map { SharedSizes($0) }
    fork = Self.fork(of: directory, status, root)
    hidesExecutable = Self.hidesExecutable(directory, root)
    facts = LiveFacts(directory, cgroup: cgroup, root: root, users: UserNames(in: root))
    (self.status, self.cgroup) = (status, cgroup)
  }

  /// The first rule that means it. Kernel threads and processes that have ended are nobody's.
  mutating func firstMatch(of rules: [Rule]) -> Rule? {
    guard !stat.isKernelThread, !stat.isDead else { return nil }
    // The scores are not asked for here, so the size of memory does not matter.
    return RuleSet(rules, totalBytes: 0).firstMatch(&facts).map { rules[$0] }
  }

  private static func open(
    _ pid: Int32, in proc: borrowing ProcDirectory
  ) throws(ProcessError) -> ProcessDirectory {
    do throws(SystemCallError) {
      return try proc.process(pid)
    } catch {
      throw error.meansGone ? .left : .system(error)
    }
  }

  private static func status(of directory: borrowing ProcessDirectory) throws(ProcessError) -> ProcessStatus {
    do throws(SystemCallError) {
      return try directory.status()
    } catch {
      throw error.meansGone ? .left : .system(error)
    }
  }

  private static func hidesExecutable(
    _ directory: borrowing ProcessDirectory, _ root: RootDirectory
  ) -> Bool {
    do throws(SystemCallError) {
      _ = try directory.executable(on: root)
      return false
    } catch {
      return error.isNotPermitted
    }
  }

  private static func fork(
    of directory: borrowing ProcessDirectory, _ status: ProcessStatus, _ root: RootDirectory
  ) -> Explanation.Fork? {
    // Without memory of its own it has nothing to copy; what has ended cannot fork.
    guard let overcommit = root.overcommit, let sizeKB = status.totalVMKB else { return nil }
    let isPrivileged = status.effectiveCapabilities.map { $0 & (1 << 21) != 0 } ?? false  // CAP_SYS_ADMIN
    let bound = Overcommit.Charge(totalKB: sizeKB, largestMappingKB: sizeKB, isUpperBound: true)
    var charge = bound
    // Its size alone often settles it. Its mappings are read only if it does not, or if the sum counts: the kernel
    // walks all their pages for it.
    if overcommit.mode == .never
      || overcommit.allows(bound, sizeKB: sizeKB, isPrivileged: isPrivileged) != true
    {
      charge = ((try? directory.forkCharge()) ?? nil) ?? bound
    }
    return Explanation.Fork(
      isAllowed: overcommit.allows(charge, sizeKB: sizeKB, isPrivileged: isPrivileged),
      mode: overcommit.mode, charge: charge,
      roomKB: overcommit.roomKB(sizeKB: sizeKB, isPrivileged: isPrivileged))
  }
}
