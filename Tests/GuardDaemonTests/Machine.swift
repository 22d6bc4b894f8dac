import Foundation
import GuardLinux
import GuardTestSupport
import Testing

/// What the tests on the real kernel ask of the machine they run on.
enum Machine {
  /// `nil` where they can run: it takes root, and mount namespaces to give each daemon a /run of its own.
  static let whyNotLive: String? = {
    guard geteuid() == 0 else { return "writing other processes' scores takes root" }
    let words = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", "mount -t tmpfs none /run"]
    guard let outcome = try? Program.run(words) else { return "there is no unshare(1)" }
    return outcome.status == 0 ? nil : "no mount namespace can be made here: \(outcome.complaint)"
  }()

  /// Without it scores stay within 0…1000 here: the kernel lets nobody lower one below what it was.
  static let hasSysResource = (try? Capabilities.hasSysResource()) ?? false

  static let hasPressure = FileManager.default.fileExists(atPath: "/proc/pressure/memory")

  static let hasProcessEvents: Bool = {
    var interest = ProcessEvents.Interest()
    interest.execs = true
    guard let events = try? ProcessEvents(interest) else { return false }
    _ = consume events
    return true
  }()

  static var bootID: String { get throws { try text(of: "/proc/sys/kernel/random/boot_id") } }

  /// Without the newline at its end. Read as the kernel's files want to be: their size says nothing.
  static func text(of path: String) throws -> String {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  /// One write(2) into a file that is there, as the kernel's files want it.
  static func write(_ text: String, to path: String) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.write(contentsOf: Data(text.utf8))
    try file.close()
  }
}

/// What a test waited for did not happen, however patient it was.
struct NeverHappened: Error, CustomStringConvertible {
  var what: String
  var description: String { "this did not happen within a minute: \(what)" }
}

/// Waits until `condition` is true. A bound on the patience, not on the time it may take.
func eventually(_ what: String, _ condition: () throws -> Bool) throws {
  for _ in 0..<3000 {
    if try condition() { return }
    usleep(20_000)
  }
  throw NeverHappened(what: what)
}
