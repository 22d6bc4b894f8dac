import Foundation
import GuardStatus
import GuardTestSupport
import Testing

/// The built daemon where there are no triggers: below a root made of files, whose figures the test changes.
struct SampledPressureRootTests {
  private let root: TemporaryRoot

  init() throws {
    root = try TemporaryRoot.scenario("unit-v2")
    try root.write(
      """
      [pressure]
      clear_after = "1s"
      [[sacrifice]]
      name = "nobody"
      exe = "/no/such/program"
      score = 1

      """, to: "etc/oomguard.conf")
    try root.write("oom_kill 0\nallocstall_normal 0\n", to: "proc/vmstat")
  }

  private func memory(total: Int = 1_000_000, available: Int) throws {
    try replace("MemTotal: \(total) kB\nMemAvailable: \(available) kB\nSwapFree: 0 kB\n", "proc/meminfo")
  }

  /// By rename, so that nobody reads half of it.
  private func replace(_ text: String, _ name: String) throws {
    try root.write(text, to: "new")
    guard unsafe rename("\(root.path)/new", "\(root.path)/\(name)") == 0 else { throw POSIXError(.EIO) }
  }

  private var status: StatusDocument? {
    (try? Data(contentsOf: URL(fileURLWithPath: "\(root.path)/run/oomguard/status.json")))
      .flatMap { try? JSONDecoder().decode(StatusDocument.self, from: $0) }
  }

  private func why(_ name: String) -> String? {
    status?.degraded.first { $0.what == name }?.why.replacingOccurrences(of: root.path, with: "")
  }

  @Test func whatIsLeftTellsTheLevelAndItIsSaidSo() throws {
    try memory(available: 900_000)
    let daemon = try RunningDaemon(["--root", root.path])
    defer { daemon.stop() }
    try eventually("it is calm") { status?.pressure.level == .calm }
    #expect(status?.pressure.source == .sampled)
    #expect(status?.state == .degraded)
    #expect(
      why("no-pressure")
        == "/proc/pressure/memory: triggers need the machine's own /proc; instead, how much memory is left and "
        + "how often tasks had to reclaim some are looked at now and then")
    #expect(why("in-container") == nil)
    try memory(available: 90_000)
    try eventually("little is left") { status?.pressure.level == .warning }
    try memory(available: 40_000)
    try eventually("next to nothing is left") { status?.pressure.level == .critical }
    #expect(status?.pressure.availablePercent == Percent(hundredths: 400))
    try memory(available: 500_000)
    try eventually("it is over") { status?.pressure.level == .calm }
  }

  @Test func whereStallTimeIsCountedItCounts() throws {
    func stalls(_ microseconds: Int) throws {
      let line = "avg10=0.00 avg60=0.00 avg300=0.00 total=\(microseconds)"
      try replace("some \(line)\nfull \(line)\n", "proc/pressure/memory")
    }
    try memory(available: 150_000)
    try root.write("", to: "proc/pressure/memory")
    try stalls(0)
    let daemon = try RunningDaemon(["--root", root.path])
    defer { daemon.stop() }
    try eventually("it is calm") { status?.pressure.level == .calm }
    #expect(
      why("no-pressure")
        == "/proc/pressure/memory: triggers need the machine's own /proc; instead, how long tasks waited and how "
        + "much memory is left are looked at now and then")
    try stalls(60_000_000)
    try eventually("all tasks waited") { status?.pressure.level == .critical }
    #expect(status?.pressure.someTotalUsec == 60_000_000)
  }

  @Test func whileMemoryIsShortItIsSaidHowLongItWillLast() throws {
    try memory(available: 90_000)
    let daemon = try RunningDaemon(["--root", root.path])
    defer { daemon.stop() }
    try eventually("little is left") { status?.pressure.level == .warning }
    var left = 90_000
    try eventually("that it will be used up is known") {
      left -= 100
      try memory(available: left)
      return status?.pressure.exhaustedInSeconds != nil
    }
    try memory(available: 900_000)
    try eventually("it is over") { status?.pressure.level == .calm }
    #expect(status?.pressure.exhaustedInSeconds == nil)
    #expect(status?.pressure.fastest == nil)
  }

  @Test(arguments: [
    ["memory.max", "memory.stat", "memory.current", ""],
    ["memory/memory.limit_in_bytes", "memory/memory.stat", "memory/memory.usage_in_bytes", "total_"],
  ])
  func whereACgroupsLimitIsAllThereIsThatCounts(names: [String]) throws {
    try memory(total: 16_000_000, available: 15_000_000)
    try root.write("", to: "sys/fs/cgroup/\(names[0])")
    func files(_ current: Int, inactive: Int) throws {
      try replace("\(512 << 20)\n", "sys/fs/cgroup/\(names[0])")
      try replace("\(names[3])inactive_file \(inactive)\n", "sys/fs/cgroup/\(names[1])")
      try replace("\(current)\n", "sys/fs/cgroup/\(names[2])")
    }
    try files(400 << 20, inactive: 300 << 20)
    let daemon = try RunningDaemon(["--root", root.path])
    defer { daemon.stop() }
    try eventually("it is calm") { status?.pressure.level == .calm }
    #expect(
      why("in-container")
        == "/proc tells of a machine with 15625 MiB, but a cgroup's limit of 512 MiB is all there is here; "
        + "that limit and what is taken of it are used instead")
    // 412 of 512 MiB.
    #expect(status?.pressure.availablePercent == Percent(hundredths: 8046))
    try files(500 << 20, inactive: 0)
    try eventually("of the host's memory nothing can be had") { status?.pressure.level == .critical }
  }

  @Test func whereNothingTellsTheLevelIsUnknown() throws {
    let daemon = try RunningDaemon(["--root", root.path])
    defer { daemon.stop() }
    try eventually("the status is told") { status != nil }
    #expect(status?.pressure == .init(level: .unknown))
    #expect(
      why("no-pressure")
        == "/proc/pressure/memory: triggers need the machine's own /proc; nothing can replace it here")
  }
}
