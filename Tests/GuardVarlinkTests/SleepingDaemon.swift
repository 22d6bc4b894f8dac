import Foundation
import GuardTestSupport

/// The `oomguardd` of this build over a root in which nothing happens.
final class SleepingDaemon {
  private let process = Foundation.Process()
  private let root: TemporaryRoot

  init(on root: TemporaryRoot) throws {
    self.root = root
    try root.write("[guard]\nreconcile_interval = \"1h\"\n", to: "etc/oomguard.conf")
    try root.write("", to: "proc/version")
    process.executableURL = RunningService.directory.appendingPathComponent("oomguardd")
    process.arguments = ["--root", root.path]
    process.environment = [:]
    process.standardInput = FileHandle.nullDevice
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try process.run()
    // It has told what it found, and nothing is left to do.
    var (before, calm) = (-1, 0)
    for _ in 0..<600 where calm < 20 {
      usleep(100_000)
      let now = status == nil ? -1 : try turns()
      (before, calm) = (now, now == before && now >= 0 ? calm + 1 : 0)
    }
    guard calm >= 20 else { throw POSIXError(.ETIMEDOUT) }
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  /// Its status file, byte for byte.
  var status: Data? { FileManager.default.contents(atPath: "\(root.path)/run/oomguard/status.json") }

  /// How often the scheduler has taken it off a processor: as often as before if it did nothing.
  func turns() throws -> Int {
    try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
      .matches(of: #/ctxt_switches:\s*(\d+)/#).compactMap { Int($0.1) }.reduce(0, +)
  }
}
