import Foundation
import GuardLinux
import GuardReport
import GuardStatus
import GuardTestSupport
import Testing

/// The forecast against the kernel's own word: its points, and its kills.
@Suite(.serialized)
struct LiveVictimsTests {
  init() {
    // Whoever is fed may be gone.
    _ = signal(SIGPIPE, SIG_IGN)
  }

  private static func count(_ name: String, unlessGiven usual: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual
  }

  /// Without CAP_SYS_RESOURCE the kernel lets nobody lower a score below what it was.
  private static let lowest = (try? Capabilities.hasSysResource()) == true ? -1000 : 0

  private func victims(in cgroup: String? = nil) throws -> Victims {
    try Victims(in: cgroup, config: "/dev/null", root: RootDirectory(), at: Timestamp(seconds: 0))
  }

  private func points(of pid: Int32) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(pid)/oom_score", encoding: .utf8)
    return try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  @Test func theFirstIsWhoHasTheMostPointsInRandomPopulations() throws {
    var random = SeededRandom.printed()
    for _ in 0..<Self.count("OOMGUARD_POPULATIONS", unlessGiven: 100) {
      let population = try (0..<Int.random(in: 2...6, using: &random)).map { _ in
        try Ballast(
          bytes: Int.random(in: 0...4_000_000, using: &random),
          score: Int.random(in: Self.lowest...1000, using: &random))
      }
      try withExtendedLifetime(population) {
        let pids = Set(population.map(\.pid))
        let order = try victims().victims.filter { pids.contains($0.pid) }.map(\.pid)
        // Two thirds of a thousandth each: the order among equals is not in it.
        let points = try order.map { try self.points(of: $0) }
        let most = try pids.map { try self.points(of: $0) }.max()
        #expect(points.first ?? 0 == most)
        #expect(points == points.sorted(by: >))
      }
    }
  }

  @Test(.enabled(if: LimitedCgroup.canBeMade, "needs root and the memory controller"))
  func theForecastNamesWhomTheKernelKills() throws {
    var random = SeededRandom.printed()
    var misses: [String] = []
    let turn = try KernelKills(.many)
    defer { withExtendedLifetime(turn) {} }
    let count = Self.count("OOMGUARD_FORECASTS", unlessGiven: 10)
    for number in 1...count {
      let cgroup = try LimitedCgroup()
      let population = try (0..<Int.random(in: 2...6, using: &random)).map { _ in
        try Ballast(
          bytes: Int.random(in: 0...8_000_000, using: &random),
          score: Int.random(in: max(-300, Self.lowest)...300, using: &random), cgroup: cgroup)
      }
      // What asks for the last straw competes as well, but holds nothing yet.
      let trigger = try Ballast(bytes: 0, score: max(-500, Self.lowest), cgroup: cgroup)
      try cgroup.limit(bytes: cgroup.usage() + (1 << 20))
      let order = try victims(in: cgroup.path).victims
      let log = try LogFromNow()

      for _ in 0..<512 where try cgroup.kills() == 0 { trigger.feed(16_384) }
      // One straw may break several backs; who was first stands in the kernel's log.
      let killed = try withExtendedLifetime(population) {
        try #require(log.victim(of: Set((population + [trigger]).map(\.pid))))
      }
      let first = try #require(order.first)
      if killed == first.pid { continue }
      let forecast = order.map { "\($0.pid) (\($0.score)): \($0.badnessKB) KiB" }
      misses.append("kill \(number): \(killed), trigger \(trigger.pid), not \(forecast)")
      let taken = try #require(order.first { $0.pid == killed })
      #expect(first.badnessKB - taken.badnessKB <= Self.counterErrorKB, "\(misses.last ?? "")")
    }
    print("the forecast named \(count - misses.count) of \(count) victims", misses)
  }

  /// By how much the kernel's own sums may be off, from Linux 6.2 until they were made exact: three counters, each with
  /// a batch on every processor. Source: lib/percpu_counter.c.
  private static let counterErrorKB: Int64 = {
    let processors = Int64(sysconf(CInt(_SC_NPROCESSORS_CONF)))
    return 2 * 3 * processors * max(32, 2 * processors) * Int64(sysconf(CInt(_SC_PAGESIZE))) / 1024
  }()
}

/// The kernel's log from now on.
private final class LogFromNow {
  private let descriptor: CInt

  init() throws {
    descriptor = unsafe open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    lseek(descriptor, 0, SEEK_END)
  }

  deinit { close(descriptor) }

  /// Which of these the kernel has killed first.
  func victim(of pids: Set<Int32>) -> Int32? {
    // Of all that it says of a kill, this is the one line that it does not leave out when there are many.
    let phrase = "Killed process "
    var record = [UInt8](repeating: 0, count: 8192)
    for _ in 0..<2_000 {
      let length = unsafe read(descriptor, &record, record.count)
      guard length > 0 else {
        usleep(5_000)
        continue
      }
      let text = String(decoding: record.prefix(length), as: UTF8.self)
      guard let range = text.range(of: phrase) else { continue }
      let pid = text[range.upperBound...].prefix { $0.isNumber }
      if let pid = Int32(pid), pids.contains(pid) { return pid }
    }
    return nil
  }
}

/// A process that holds as many bytes as it was fed: the end of what it reads, which does not end.
private final class Ballast {
  private let process = Process()
  private let input = Pipe()
  /// Which is not removed before its processes are gone.
  private let cgroup: LimitedCgroup?

  var pid: Int32 { process.processIdentifier }
  var isAlive: Bool { process.isRunning }

  init(bytes: Int, score: Int, cgroup: LimitedCgroup? = nil) throws {
    self.cgroup = cgroup
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "echo $1 >/proc/self/oom_score_adj && echo $$ >$2 && exec tail -c 1G", "sh", "\(score)",
      cgroup.map { "\($0.directory)/cgroup.procs" } ?? "/dev/null",
    ]
    process.standardInput = input
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    feed(bytes + 1)
  }

  deinit {
    kill(pid, SIGKILL)
    process.waitUntilExit()
  }

  /// Returns once it has taken all of it and waits for more, or is gone.
  func feed(_ bytes: Int) {
    let chunk = [UInt8](repeating: 1, count: min(bytes, 65_536))
    var left = bytes
    while left > 0 {
      let written = unsafe write(input.fileHandleForWriting.fileDescriptor, chunk, min(left, chunk.count))
      if written <= 0 { return }
      left -= written
    }
    while isAlive {
      var waiting: CInt = 0
      _ = unsafe ioctl(input.fileHandleForReading.fileDescriptor, UInt(FIONREAD), &waiting)
      let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
      if waiting == 0, stat.contains("(tail) S ") { return }
      usleep(500)
    }
  }
}

/// A memory cgroup of the test's own, in whichever hierarchy this machine has the memory controller.
private final class LimitedCgroup {
  private static let isUnified = unsafe access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0
  private static let top = isUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
  static var canBeMade: Bool { OwnCgroup.canBeMade(below: top) }

  private let own: OwnCgroup
  let path = "/oomguard-test-\(UUID().uuidString)"
  var directory: String { own.path }

  init() throws { own = try OwnCgroup("\(Self.top)\(path)") }

  func usage() throws -> Int {
    let file = Self.isUnified ? "memory.current" : "memory.usage_in_bytes"
    let text = try String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8)
    return try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  /// How many of its processes the kernel has killed for its limit.
  func kills() throws -> Int {
    let file = Self.isUnified ? "memory.events" : "memory.oom_control"
    let lines = try String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8).split(separator: "\n")
    return try #require(lines.first { $0.hasPrefix("oom_kill ") }.flatMap { Int($0.dropFirst(9)) })
  }

  func limit(bytes: Int) throws {
    let file = Self.isUnified ? "memory.max" : "memory.limit_in_bytes"
    try Data("\(bytes)\n".utf8).write(to: URL(fileURLWithPath: "\(directory)/\(file)"))
  }
}
