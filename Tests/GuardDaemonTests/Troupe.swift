import Foundation
import GuardTestSupport

/// Processes that do what a test tells them, and all that these start; they leave with the test.
///
/// Each is a `GuardTestPlayer`, whose source says what it can be told.
final class Troupe {
  private let stage: Stage
  /// Abstract names are seen by the whole network namespace.
  private let name = "oomguard-\(UUID().uuidString.prefix(8))"
  private let prompter: CInt
  /// The players' standard input: they leave when it ends, however the test ends.
  private let leash = Pipe()
  /// Starts all others, and collects whoever ends.
  private let manager = Process()

  init(on stage: Stage) throws {
    self.stage = stage
    prompter = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
    var patience = timeval(tv_sec: 60, tv_usec: 0)
    unsafe setsockopt(prompter, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let bound = unsafe Self.withAddress(of: "\(name).prompter") { unsafe bind(prompter, $0, $1) }
    guard prompter >= 0, bound == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    manager.executableURL = URL(fileURLWithPath: try stage.copy(of: Program.player, as: "manager"))
    manager.arguments = [name, "\(name).prompter"]
    manager.standardInput = leash
    try manager.run()
    _ = try hear("the manager starts")
  }

  deinit {
    try? leash.fileHandleForWriting.close()
    if manager.isRunning { kill(manager.processIdentifier, SIGKILL) }
    manager.waitUntilExit()
    close(prompter)
  }

  /// A copy of the player's program on the stage, under a name that only rules of this test know.
  func program(_ own: String) throws -> String { try stage.copy(of: Program.player, as: own) }

  /// Starts one; its pid.
  ///
  /// - Parameter score: what it holds when it becomes that program.
  func start(_ own: String, score: Int = 0) throws -> Int32 {
    let pid = try tell(manager.processIdentifier, "fork")
    try tell(pid, "score \(score)")
    try tell(pid, "exec \(program(own))")
    return pid
  }

  /// Tells `pid` something and waits until it has answered; an error of the system's is thrown.
  @discardableResult
  func tell(_ pid: Int32, _ command: String) throws -> Int32 {
    let text = Array(command.utf8)
    // Somebody just born may not listen yet.
    try eventually("\(pid) listens") {
      try unsafe Self.withAddress(of: "\(name).\(pid)") {
        if unsafe sendto(prompter, text, text.count, 0, $0, $1) >= 0 { return true }
        guard errno == ECONNREFUSED, kill(pid, 0) == 0 else { throw POSIXError(.ESRCH) }
        return false
      }
    }
    return try hear("\(pid) does '\(command)'")
  }

  private func hear(_ what: String) throws -> Int32 {
    var buffer = [UInt8](repeating: 0, count: 64)
    let length = unsafe recv(prompter, &buffer, buffer.count, 0)
    guard length > 0, let value = Int32(String(decoding: buffer.prefix(length), as: UTF8.self)) else {
      throw NeverHappened(what: what)
    }
    guard value >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: -value) ?? .EIO) }
    return value
  }

  private static func withAddress<T>(
    of name: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> T
  ) rethrows -> T {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.dropFirst().copyBytes(from: name.utf8) }
    let length = MemoryLayout<sa_family_t>.size + 1 + name.utf8.count
    return try unsafe withUnsafePointer(to: &address) {
      try unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        try unsafe body($0, socklen_t(length))
      }
    }
  }
}
