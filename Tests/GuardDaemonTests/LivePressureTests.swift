import Foundation
import GuardStatus
import GuardTestSupport
import Testing

extension LiveTests {
  /// Real tasks that wait for memory, in a memory cgroup of their own.
  @Suite(
    .enabled(if: MemoryCgroup.whyNone == nil, Comment(rawValue: MemoryCgroup.whyNone ?? "")),
    .enabled(if: Machine.hasPressure, "this kernel has no pressure stall information"))
  struct PressureLevels {
    private let stage: Stage

    init() throws { stage = try Stage() }

    /// The gate is off: of the whole machine's memory most is available.
    private func config(interval: String = "1h", more: String = "") -> String {
      """
      [guard]
      reconcile_interval = "\(interval)"
      [pressure]
      warning = { some_percent = 2, window = "2s" }
      critical = { full_percent = 90, window = "10s" }
      available_below_percent = 100
      clear_after = "3s"
      [[sacrifice]]
      name = "nobody"
      exe = "/no/such/program"
      score = 1
      \(more)
      """
    }

    private func pressureLines(_ daemon: LiveDaemon) -> [String] {
      daemon.logLines.filter { $0.contains(">memory pressure") }
    }

    @Test func pressureRaisesTheLevelAndItsEndClearsIt() throws {
      let daemon = try LiveDaemon.running(on: stage, config())
      let calm = try #require(daemon.status?.pressure)
      #expect(calm.level == .calm && calm.source == .psi && calm.units == [])
      #expect(calm.exhaustedInSeconds == nil && calm.fastest == nil)
      let wakeups = try #require(daemon.status?.counters.wakeups)
      let squeeze = try Squeeze(on: stage)
      try eventually("the level is raised") { daemon.status?.pressure.level == .warning }
      #expect(daemon.status?.pressure.since != calm.since)
      squeeze.stop()
      try eventually("the level is cleared") { daemon.status?.pressure.level == .calm }
      // Where memory gets less meanwhile, another entry says how long it will last.
      let lines = pressureLines(daemon).filter { !$0.contains("at this rate") }
      #expect(lines.count == 2, "raised once, cleared once: \(lines)")
      #expect(
        lines.first?.wholeMatch(
          of:
            #/<4>memory pressure: warning; some tasks waited [\d.]+ % of the last 10 s; [\d.]+ % of memory is available/#
        ) != nil, "\(lines)")
      #expect(
        lines.last?.wholeMatch(of: #/<5>memory pressure is over; [\d.]+ % of memory is available/#) != nil,
        "\(lines)")
      let over = try #require(daemon.status?.pressure)
      #expect(over.exhaustedInSeconds == nil && over.fastest == nil)
      #expect(try #require(daemon.status?.counters.wakeups) > wakeups)
    }

    @Test(.enabled(if: UnitCgroup.whyNone == nil, Comment(rawValue: UnitCgroup.whyNone ?? "")))
    func aUnitWithAProtectedProcessHasALevelOfItsOwn() throws {
      let (unit, other) = (
        try UnitCgroup("oomguard-test-squeezed.service"), try UnitCgroup("oomguard-test-idle.service")
      )
      let keepers = [try ChildProcess(), try ChildProcess()]
      try unit.add(keepers[0].pid)
      try other.add(keepers[1].pid)
      let rule = """
        [[protect]]
        name = "units"
        unit = "oomguard-test-*.service"
        score = 0
        scope = "all"
        """
      let daemon = try LiveDaemon.running(on: stage, config(more: rule))
      func levels() -> [String]? { daemon.status?.pressure.units.map { "\($0.unit) \($0.level.rawValue)" } }
      try eventually("both are watched") {
        levels() == ["oomguard-test-idle.service calm", "oomguard-test-squeezed.service calm"]
      }
      let squeeze = try Squeeze(on: stage, in: unit)
      try eventually("the level of that one is raised") {
        levels() == ["oomguard-test-idle.service calm", "oomguard-test-squeezed.service warning"]
      }
      squeeze.stop()
      try eventually("and cleared") {
        levels() == ["oomguard-test-idle.service calm", "oomguard-test-squeezed.service calm"]
      }
      let lines = pressureLines(daemon).filter { $0.contains(">memory pressure in ") }
      #expect(lines.count == 2, "\(lines)")
      #expect(
        lines.first?.wholeMatch(
          of:
            #/<4>memory pressure in oomguard-test-squeezed.service: warning; some tasks waited [\d.]+ % of the last 10 s; [\d.]+ % is left to it/#
        ) != nil, "\(lines)")

      // A unit that goes is watched no longer, and its trigger's end does not keep the loop awake.
      keepers[1].end()
      other.remove()
      let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(daemon.pid)/fd").count
      try daemon.survey()
      try eventually("the one that is gone is not shown") {
        levels() == ["oomguard-test-squeezed.service calm"]
      }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(daemon.pid)/fd").count <= descriptors)
      keepers[0].end()
    }

    @Test(.enabled(if: UnitCgroup.whyNone == nil, Comment(rawValue: UnitCgroup.whyNone ?? "")))
    func noMoreThan64UnitsAreWatchedAndItIsSaidSo() throws {
      func name(_ number: Int) -> String { "oomguard-test-\(100 + number).service" }
      let units = try (0..<67).map { try UnitCgroup(name($0)) }
      var keepers = try units.map { unit in
        let keeper = try ChildProcess()
        try unit.add(keeper.pid)
        return keeper
      }
      let rule = """
        [[protect]]
        name = "units"
        unit = "oomguard-test-*.service"
        score = 0
        scope = "all"
        """
      let daemon = try LiveDaemon.running(on: stage, config(interval: "1s", more: rule))
      func watched() -> [String] { daemon.status?.pressure.units.map(\.unit) ?? [] }
      /// What the kernel was asked to tell: two triggers for each group.
      func triggers() throws -> Int {
        let all = "/proc/\(daemon.pid)/fd"
        return try FileManager.default.contentsOfDirectory(atPath: all).count {
          let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(all)/\($0)")
          return path?.hasSuffix("/memory.pressure") ?? false
        }
      }
      try eventually("the first 64 are watched") { watched() == (0..<64).map(name) }
      #expect(try triggers() == 128)
      func notices() -> [String] { daemon.logLines.filter { $0.contains("units hold protected processes") } }
      let notice =
        "<5>67 units hold protected processes; the memory pressure of 64 of them is watched"
      #expect(notices() == [notice])

      // Those that are watched stay; the place of one that goes is another's.
      keepers.remove(at: 5).end()
      units[5].remove()
      try eventually("the next one is watched") { watched() == (0..<65).filter { $0 != 5 }.map(name) }
      #expect(try triggers() == 128)
      #expect(notices() == [notice], "still too many, which is no news")
      for keeper in keepers { keeper.end() }
    }

    /// As in a container of a host with cgroup v1: the one cgroup to be seen has a limit.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/sys/fs/cgroup/memory/memory.limit_in_bytes")))
    func aCgroupOfV1ThatIsAllThereIsHasTheLimitThatCounts() throws {
      let cgroup = try MemoryCgroup(limitMiB: 32)
      let inside = [
        "/usr/bin/unshare", "--mount", "/bin/sh", "-c",
        "mount --bind \(cgroup.path) /sys/fs/cgroup/memory && exec \"$@\"", "sh",
      ]
      let daemon = try LiveDaemon(
        on: stage,
        """
        [guard]
        reconcile_interval = "1s"
        [[sacrifice]]
        name = "nobody"
        exe = "/no/such/program"
        score = 1
        """, through: inside)
      func available() -> Int? { daemon.status?.pressure.availablePercent?.hundredths }
      try eventually("all of it is available") { available().map { $0 > 9000 } ?? false }
      let why = daemon.status?.degraded.first { $0.what == "in-container" }?.why
      #expect(
        why?.wholeMatch(
          of:
            #/\/proc tells of a machine with \d+ MiB, but a cgroup's limit of 32 MiB is all there is here; that limit and what is taken of it are used instead/#
        ) != nil, "\(why ?? "nothing is said of it")")
      // It keeps 24 MiB until its input ends.
      let food = Pipe()
      let feeder = Process()
      feeder.executableURL = URL(fileURLWithPath: "/bin/sh")
      feeder.arguments = [
        "-c", "echo $$ >\(cgroup.path)/cgroup.procs; { head -c 24M /dev/zero; cat; } | tail -n 1 >/dev/null",
      ]
      (feeder.standardInput, feeder.standardOutput) = (food, FileHandle.nullDevice)
      try feeder.run()
      try eventually("a quarter of it is") { available().map { $0 < 3000 } ?? false }
      try food.fileHandleForWriting.close()
      feeder.waitUntilExit()
      try eventually("all of it is again") { available().map { $0 > 9000 } ?? false }
    }
  }
}

/// A unit's cgroup in the hierarchy where the daemon looks for units, and in the one that knows its pressure.
final class UnitCgroup {
  private let paths: [String]

  static let whyNone: String? = {
    if Machine.whyNotLive != nil { return Machine.whyNotLive }
    return tops == nil ? "there is no cgroup v2 hierarchy beside systemd's own of v1, nor one alone" : nil
  }()

  private static let tops: [String]? = {
    let base = "/sys/fs/cgroup"
    if FileManager.default.fileExists(atPath: "\(base)/cgroup.controllers") { return [base] }
    let hybrid = ["\(base)/systemd", "\(base)/unified"]
    return hybrid.allSatisfy { FileManager.default.fileExists(atPath: "\($0)/cgroup.procs") } ? hybrid : nil
  }()

  init(_ name: String) throws {
    paths = (Self.tops ?? []).map { "\($0)/system.slice/\(name)" }
    for path in paths {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
  }

  deinit { remove() }

  func add(_ pid: Int32) throws {
    for path in paths { try Machine.write("\(pid)\n", to: "\(path)/cgroup.procs") }
  }

  func remove() {
    for path in paths {
      for _ in 0..<100 where unsafe rmdir(path) == -1 && errno == EBUSY { usleep(20_000) }
    }
  }

  var files: [String] { paths.map { "\($0)/cgroup.procs" } }
}

/// Tasks that read more than their memory cgroup holds, again and again, and so wait for memory.
final class Squeeze {
  private let cgroup: MemoryCgroup
  private let process = Process()

  init(on stage: Stage, in unit: UnitCgroup? = nil) throws {
    cgroup = try MemoryCgroup()
    let path = "\(stage.files.path)/bulk"
    // Twice the limit, and of nobody's memory before the first read.
    try Data(repeating: 7, count: 64 << 20).write(to: URL(fileURLWithPath: path))
    let file = unsafe open(path, O_RDONLY)
    fsync(file)
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
    close(file)
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments =
      [
        "-c",
        """
        file=$0; for procs; do echo $$ >$procs; done
        for i in 1 2 3; do while :; do cat $file >/dev/null; done & done
        trap 'kill $(jobs -p)' TERM; wait; wait
        """, path, "\(cgroup.path)/cgroup.procs",
      ] + (unit?.files ?? [])
    (process.standardInput, process.standardOutput) = (FileHandle.nullDevice, FileHandle.nullDevice)
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  deinit { stop() }

  /// Ends every one of them, and waits for that.
  func stop() {
    let procs = "\(cgroup.path)/cgroup.procs"
    for _ in 0..<500 {
      guard let pids = try? Machine.text(of: procs), !pids.isEmpty else { break }
      // Only what this started is in there.
      for pid in pids.split(separator: "\n").compactMap({ Int32($0) }) { kill(pid, SIGKILL) }
      usleep(10_000)
    }
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
  }
}
