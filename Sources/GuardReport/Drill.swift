internal import GuardCore
package import GuardLinux
package import GuardStatus
internal import GuardSystemd

/// What `drill` has found: whether a kill that it brought about was told, and by whom.
package struct Drill: Equatable, Sendable, Encodable {
  package enum Place: String, Encodable, Sendable { case status, journal }

  /// Where the hog was; `nil` where there is no systemd to make one.
  package var unit: String?
  package var cgroup: String?
  /// Whether the kernel has killed it.
  package var killed = false
  package var killedAfterMilliseconds: Int64?
  /// Where the kill is told.
  package var toldIn: [Place] = []
  package var toldAfterMilliseconds: Int64?
  /// The status document's own record of it.
  package var kill: StatusDocument.Kill?
  package var daemon: DaemonState?
  package var notes: [String] = []
  /// What is the matter with the daemon, and what to do.
  package var problem: String?

  package var isTold: Bool { !toldIn.isEmpty }

  package var exitStatus: ExitStatus {
    if daemon != .running { return .notRunning }
    return killed && isTold ? .fine : .finding
  }

  private enum CodingKeys: String, CodingKey {
    case unit, cgroup, killed
    case killedAfterMilliseconds = "killed_after_ms"
    case toldIn = "told_in"
    case toldAfterMilliseconds = "told_after_ms"
    case kill, daemon, notes, problem
  }
}

extension Drill {
  /// What the hog may have, and what it would take.
  private static let limit = (bytes: 16 << 20, wanted: 64 << 20)
  /// Starting a unit, being killed, and being told of it take a fraction of a second each, if nothing is wrong.
  private static let patience = (kill: Duration.seconds(20), told: Duration.seconds(10))
  private static let pause = Duration.milliseconds(20)

  /// Brings a kill about and looks whether it is told.
  ///
  /// - Parameter wall: the wall clock.
  package init(in root: RootDirectory, wall: () -> Timestamp) throws(Refusal) {
    guard root.isMachine else { throw Refusal(.usage, "a drill is of this machine; leave --root out") }
    guard OwnProcess.effectiveUID == 0 else {
      throw Refusal(.notPermitted, "only root may make a unit with a limit; run it with sudo")
    }
    guard let program = OwnProcess.program else {
      throw Refusal(.usage, "/proc/self/exe cannot be read; /proc must be mounted")
    }
    let name = "oomguard-drill-\(OwnProcess.pid)"
    var journal: JournalReader?
    do throws(JournalProblem) {
      journal = try JournalReader(of: [.kill], from: .now, detail: .brief, in: root)
      // From here on it takes note of files that come.
      _ = try journal?.descriptorNumber()
    } catch {
      notes.append("the journal is not asked: \(error)")
    }
    let (start, counted) = (Clock.boot(), root.oomKillCount)
    if root.exists("/run/systemd/system") {
      unit = "\(name).service"
      try follow(Self.inUnit(name, program), since: start, counted)
    } else {
      let (hog, own) = try Self.inCgroup(name, program, root)
      cgroup = own.path.description
      try follow(hog, since: start, counted)
    }
    let died = Clock.boot()
    repeat {
      let reading = StatusFile(in: root).reading(at: wall())
      daemon = reading.daemon
      if kill == nil, let told = reading.document?.kills.last.last(where: { isOurs($0.victim) }) {
        kill = told
        tell(in: .status, since: died)
      }
      while let reader = journal, let record = try? reader.next() {
        if isOurs(record) { tell(in: .journal, since: died) }
      }
      let isComplete = kill != nil && (journal == nil || toldIn.contains(.journal))
      if isComplete || !killed || daemon != .running { break }
      Clock.pause(Self.pause)
      if journal != nil { try? journal?.acknowledge() }
    } while Clock.boot() - died < Self.patience.told
    if daemon != .running {
      problem = StatusFile(in: root).reading(at: wall()).problem?.description ?? "oomguardd is not running"
    }
  }

  private mutating func tell(in place: Place, since died: Duration) {
    guard !toldIn.contains(place) else { return }
    toldIn.append(place)
    if toldAfterMilliseconds == nil { toldAfterMilliseconds = (Clock.boot() - died).microseconds / 1000 }
  }

  private func isOurs(_ victim: StatusDocument.Kill.Victim) -> Bool {
    unit.map { victim.unit == $0 } ?? (victim.cgroup != nil && victim.cgroup == cgroup)
  }

  private func isOurs(_ record: JournalRecord) -> Bool {
    unit.map { record["VICTIM_UNIT"] == $0 } ?? (record["VICTIM_CGROUP"] == cgroup)
  }

  /// - Parameter counted: the kernel's own count of kills until then.
  private mutating func follow(
    _ hog: SpawnedProcess, since start: Duration, _ counted: UInt64?
  ) throws(Refusal) {
    while Clock.boot() - start < Self.patience.kill {
      guard let end = hog.poll() else {
        Clock.pause(Self.pause)
        continue
      }
      killedAfterMilliseconds = (Clock.boot() - start).microseconds / 1000
      switch end {
      case .exited(0):
        killedAfterMilliseconds = nil
        notes.append("the kernel let it have more than its limit: is the memory controller at work?")
      case .exited(Self.refused):
        throw Refusal(
          .finding, "the limit is not in force, so nothing was done; is the memory controller at work?")
      case .exited(let status) where counted != nil && counted == RootDirectory().oomKillCount:
        throw Refusal(
          .finding,
          "the hog could not be started (status \(status)); try what systemd says to: systemd-run --wait true"
        )
      case .exited, .signalled: killed = true
      }
      return
    }
    throw Refusal(.finding, "nothing happened within \(Self.patience.kill.text); see: systemctl status")
  }

  private static func inUnit(_ name: String, _ program: String) throws(Refusal) -> SpawnedProcess {
    let properties = [
      "MemoryMax=\(limit.bytes)", "MemorySwapMax=0", "OOMScoreAdjust=1000", "RuntimeMaxSec=15",
      "Description=A drill of oomguardctl",
    ]
    let words = ["systemd-run", "--quiet", "--wait", "--collect", "--unit=\(name)"]
    return try Refusal.wrapping("systemd-run is needed, of Debian's package systemd") {
      () throws(SystemCallError) in
      try SpawnedProcess(words + properties.map { "--property=\($0)" } + [program, "drill", "--hog"])
    }
  }

  private static func inCgroup(
    _ name: String, _ program: String, _ root: RootDirectory
  ) throws(Refusal) -> (SpawnedProcess, ScratchCgroup) {
    try Refusal.wrapping("neither systemd nor a memory controller that may be used is here") {
      () throws(SystemCallError) in
      let tree = try CgroupTree(ofMemoryIn: root)
      let own = try ScratchCgroup(named: name, in: tree)
      try own.limitMemory(to: limit.bytes)
      if tree.version == .v2 {
        try? own.write("0\n", to: "memory.swap.max")
      } else {
        // Memory and swap together; not there where swap is not counted.
        try? own.write("\(limit.bytes)\n", to: "memory.memsw.limit_in_bytes")
        try own.write("0\n", to: "memory.swappiness")
      }
      let hog = try SpawnedProcess([program, "drill", "--hog"])
      try own.add(hog.pid)
      try hog.write("go\n")
      return (hog, own)
    }
  }

  /// The exit status of a hog that found itself without a limit.
  private static let refused: CInt = 77

  /// What the hog does: it takes more than its limit, but only where it has one.
  ///
  /// - Returns: its exit status, if it lives to tell.
  package static func hog() -> Int32 {
    // In a cgroup of our own making, somebody puts us there first; a unit's standard input is at its end.
    _ = try? TextInput(nil).next()
    guard let limit = OwnProcess.memoryLimit()?.limit, limit.memoryKB <= UInt64(Self.limit.bytes) / 1024,
      limit.swapKB == 0 || !limit.mayUseSwap || RootDirectory().memory?.swapTotalKB == 0
    else { return refused }
    do throws(SystemCallError) {
      try OwnProcess.volunteer()
      try OwnProcess.take(bytes: Self.limit.wanted)
    } catch {
      return refused
    }
    return 0
  }
}
