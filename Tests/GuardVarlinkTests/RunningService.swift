import Foundation
import GuardTestSupport

/// The `oomguard-varlink` of this build, run as a process of its own over a root.
final class RunningService {
  static let directory = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    .deletingLastPathComponent()

  let process = Foundation.Process()
  let path: String

  init(on root: TemporaryRoot, _ arguments: [String] = []) throws {
    // Short: a socket's name has at most 107 bytes.
    path = "\(root.path)/s"
    process.executableURL = Self.directory.appendingPathComponent("oomguard-varlink")
    process.arguments = ["--socket", path, "--root", root.path] + arguments
    process.standardInput = FileHandle.nullDevice
    try process.run()
    // Bound and listening a moment later; who connects in between is refused.
    for _ in 0..<6000 {
      if (try? Connection(path)) != nil { return }
      usleep(10_000)
    }
    throw POSIXError(.ETIMEDOUT)
  }

  deinit {
    // Not SIGTERM: threads of the test block it, and what they start inherits that.
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  /// In KiB: what it has in memory of its own, or the most of it so far.
  func memoryKB(_ field: String = "RssAnon") throws -> Int? {
    try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
      .split(separator: "\n").first { $0.hasPrefix("\(field):") }
      .flatMap { Int($0.split { !$0.isNumber }.first ?? "") }
  }
}

/// A client of it, byte by byte.
final class Connection {
  private let number: CInt
  private var rest: [UInt8] = []

  init(_ path: String) throws {
    number = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(path.utf8) + [0]
    guard name.count <= MemoryLayout.size(ofValue: address.sun_path) else { throw POSIXError(.ENAMETOOLONG) }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
    let connected = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard connected == 0 else {
      close(number)
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EINVAL)
    }
  }

  deinit { close(number) }

  /// Sends what the other end takes; `false` if it is gone or, with `MSG_DONTWAIT`, takes nothing now.
  @discardableResult func send(_ bytes: [UInt8], waits: Bool = true) -> Bool {
    let flags = CInt(MSG_NOSIGNAL) | (waits ? 0 : CInt(MSG_DONTWAIT))
    return unsafe Foundation.send(number, bytes, bytes.count, flags) == bytes.count
  }

  func call(_ method: String, _ more: String = "") {
    send(Array(#"{"method":"\#(method)"\#(more)}"#.utf8) + [0])
  }

  /// The next message, waited for; `nil` if the other end closed the connection.
  func reply() -> String? {
    while true {
      if let end = rest.firstIndex(of: 0) {
        defer { rest.removeFirst(end + 1) }
        return String(decoding: rest[..<end], as: UTF8.self)
      }
      var piece = [UInt8](repeating: 0, count: 1 << 16)
      let count = unsafe recv(number, &piece, piece.count, 0)
      guard count > 0 else { return nil }
      rest += piece.prefix(count)
    }
  }

  func closeWriting() { shutdown(number, CInt(SHUT_WR)) }

  /// Waits until the other end has closed the connection, without reading what it sent before; `false` if it never did.
  func isDropped() -> Bool {
    // A hang-up is told unasked.
    var wanted = pollfd(fd: number, events: 0, revents: 0)
    return unsafe poll(&wanted, 1, 60_000) == 1 && wanted.revents & Int16(POLLHUP) != 0
  }
}
