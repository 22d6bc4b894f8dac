import Foundation

/// A process for rules to mean: a copy of a program of the system, at a path of its stage's own.
final class Puppet {
  let process = Process()
  let path: String

  /// - Parameters:
  ///   - score: what it holds when it becomes that program.
  ///   - cgroup: entered before.
  init(
    _ program: String = "sleep", _ arguments: [String] = ["600"], as name: String, on stage: Stage,
    score: Int,
    cgroup: MemoryCgroup? = nil, input: Pipe? = nil
  ) throws {
    path = try stage.program(program, as: name)
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    // exec last: until then its executable is the shell, which no rule of a test means.
    process.arguments =
      ["-c", "echo $1 >/proc/self/oom_score_adj; echo $$ >$2; shift 2; exec \"$@\"", "sh", "\(score)"]
      + [cgroup.map { "\($0.path)/cgroup.procs" } ?? "/dev/null", path] + arguments
    process.standardInput = input ?? FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    try eventually("\(name) runs") { try exe == path }
  }

  deinit {
    if process.isRunning { kill(pid, SIGKILL) }
    process.waitUntilExit()
  }

  var pid: Int32 { process.processIdentifier }

  private var exe: String {
    get throws { try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe") }
  }

  var score: Int? {
    get throws { Int(try Machine.text(of: "/proc/\(pid)/oom_score_adj")) }
  }

  /// Waits until what is written to it counts as drift: until then it belongs to its start.
  func grownUp() throws {
    let ticks = Double(sysconf(CInt(_SC_CLK_TCK)))
    let fields = try Machine.text(of: "/proc/\(pid)/stat").split(separator: " ")
    guard fields.count > 21, let started = Double(fields[21]) else { throw POSIXError(.ESRCH) }
    try eventually("pid \(pid) is two seconds old") {
      let uptime = try Machine.text(of: "/proc/uptime").split(separator: " ").first.flatMap { Double($0) }
      return (uptime ?? 0) - started / ticks > 2.1
    }
  }

  func write(score: Int) throws { try Machine.write("\(score)\n", to: "/proc/\(pid)/oom_score_adj") }

  func eventuallyHolds(_ wanted: Int) throws {
    try eventually("pid \(pid) carries \(wanted)") { try score == wanted }
  }
}

/// A memory cgroup of the test's own, with a limit so small that its processes alone are in danger.
final class MemoryCgroup {
  /// `nil` where one can be made.
  static let whyNone: String? = {
    if Machine.whyNotLive != nil { return Machine.whyNotLive }
    do {
      _ = try MemoryCgroup()
      return nil
    } catch {
      return "no memory cgroup can be made here: \(error)"
    }
  }()

  /// Below the root of its hierarchy, as the kernel prints it.
  let name = "/oomguard-test-\(UUID().uuidString.prefix(8))"
  let path: String

  init(limitMiB: Int = 32) throws {
    let v1 = "/sys/fs/cgroup/memory"
    let isV1 = FileManager.default.fileExists(atPath: "\(v1)/memory.limit_in_bytes")
    path = (isV1 ? v1 : "/sys/fs/cgroup") + name
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    try Machine.write("\(limitMiB << 20)\n", to: "\(path)/\(isV1 ? "memory.limit_in_bytes" : "memory.max")")
  }

  deinit {
    // The kernel lets go of the last process a moment after its end. rmdir(2) alone removes a cgroup.
    for _ in 0..<100 where unsafe rmdir(path) == -1 && errno == EBUSY { usleep(20_000) }
  }
}

/// A process that wants more memory than its cgroup has, once it is told to.
final class Hog {
  let puppet: Puppet
  private let food = Pipe()
  private let feeder = Process()

  /// `tail` keeps what it reads until a newline comes, and none does.
  init(on stage: Stage, score: Int, in cgroup: MemoryCgroup) throws {
    puppet = try Puppet("tail", [], as: "hog", on: stage, score: score, cgroup: cgroup, input: food)
  }

  /// Feeds it until the kernel kills it. A quarter GiB at most, should the limit not hold.
  func eatUntilKilled() throws {
    feeder.executableURL = URL(fileURLWithPath: "/usr/bin/head")
    feeder.arguments = ["--bytes=256M", "/dev/zero"]
    (feeder.standardOutput, feeder.standardError) = (food, FileHandle.nullDevice)
    try feeder.run()
    // Our own ends go: the feeder is to see that nobody reads any more.
    try? food.fileHandleForReading.close()
    try? food.fileHandleForWriting.close()
    try eventually("the kernel kills the hog") { !puppet.process.isRunning }
    guard puppet.process.terminationReason == .uncaughtSignal, puppet.process.terminationStatus == SIGKILL
    else {
      throw NeverHappened(what: "the kernel kills the hog; it ended by itself")
    }
    feeder.waitUntilExit()
  }
}
