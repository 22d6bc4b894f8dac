import CTestSupport
import Foundation
import GuardTestSupport
import Testing

/// A terminal whose other end the test holds: it sees each byte and answers when it likes.
final class PseudoTerminal {
  private let number: CInt
  private let process = Process()
  /// What was read and not taken yet.
  private var pending = ""

  var pid: Int32 { process.processIdentifier }

  init(_ program: URL, _ arguments: [String]) throws {
    var path = [CChar](repeating: 0, count: 128)
    number = unsafe ctest_open_terminal(&path, path.count, 80, 24)
    guard number >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    let name = String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let other = try #require(FileHandle(forUpdatingAtPath: name))
    process.executableURL = program
    process.arguments = arguments
    process.environment = ["TERM": "xterm", "LANG": "C.UTF-8"]
    (process.standardInput, process.standardOutput, process.standardError) = (other, other, other)
    try process.run()
  }

  deinit {
    close(number)
    process.terminate()
    process.waitUntilExit()
  }

  func type(_ text: String) { _ = unsafe Foundation.write(number, text, text.utf8.count) }

  /// What waits to be read.
  func available() -> String {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe Foundation.read(number, &buffer, buffer.count)
      guard count > 0 else { break }
      pending += String(decoding: buffer.prefix(count), as: UTF8.self)
    }
    defer { pending = "" }
    return pending
  }

  /// Everything up to and with `mark`.
  func read(to mark: String) throws -> String {
    var text = ""
    let end = Date(timeIntervalSinceNow: 60)
    while true {
      text += available()
      if let found = text.range(of: mark) {
        pending = String(text[found.upperBound...])
        return String(text[..<found.upperBound])
      }
      try #require(Date() < end, "never came: \(mark.debugDescription) after \(text.debugDescription)")
      var ready = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
      _ = unsafe poll(&ready, 1, 100)
    }
  }

  /// The exit status, once it has ended.
  func end() -> Int32 {
    while process.isRunning {
      _ = available()
      usleep(10_000)
    }
    return process.terminationStatus
  }
}
