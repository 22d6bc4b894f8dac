import Foundation
import GuardCore
import GuardLinux
import Testing

/// A real pid that passes from one process to another while the daemon still means the first.
struct RecycledPIDTests {
  /// Starts a process with the pid of one that just ended; `nil` if others were always faster.
  private func successor(of pid: Int32) throws -> Process? {
    for _ in 0..<200 {
      try Machine.write("\(pid - 1)", to: "/proc/sys/kernel/ns_last_pid")
      let process = try sleeper()
      if process.processIdentifier == pid { return process }
      end(process)
    }
    return nil
  }

  private func sleeper() throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sleep")
    process.arguments = ["600"]
    try process.run()
    return process
  }

  private func end(_ process: Process) {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  @Test(
    .enabled(if: Machine.whyNotLive == nil, Comment(rawValue: Machine.whyNotLive ?? "")),
    .enabled(
      if: FileManager.default.isWritableFile(atPath: "/proc/sys/kernel/ns_last_pid"),
      "this kernel does not let pids be chosen: no ns_last_pid"))
  func itsNewOwnerIsNotWritten() throws {
    let score = try #require(OOMScoreAdj(777))
    let first = try sleeper()
    let pid = first.processIdentifier
    let proc = try ProcDirectory(in: RootDirectory())
    // Before, the write works: what follows is not refused for another reason.
    let early = try proc.process(pid)
    let identity = try early.stat().identity
    try early.write(score, to: identity)
    #expect(try Machine.text(of: "/proc/\(pid)/oom_score_adj") == "777")
    end(first)
    // Start times count in ticks: the next owner must not start within the same one.
    usleep(50_000)

    let second = try #require(try successor(of: pid))
    defer { end(second) }
    let own = try Machine.text(of: "/proc/\(pid)/oom_score_adj")
    #expect(own != "777")
    // By the directory opened for the first, and by one opened now for what is believed to be the first.
    #expect(throws: ProcessError.left) { try early.write(score, to: identity) }
    let late = try proc.process(pid)
    #expect(throws: ProcessError.left) { try late.write(score, to: identity) }
    #expect(try Machine.text(of: "/proc/\(pid)/oom_score_adj") == own)
  }
}
