import Foundation

/// A journal below a root, with entries that only journald could write on a machine: also its own `_` fields.
///
/// systemd-journal-remote makes it from the Journal Export Format; see systemd-journal-remote.service(8).
package struct TestJournal {
  package typealias Entry = [(name: String, value: [UInt8])]

  private static let program = "/lib/systemd/systemd-journal-remote"
  package static let isAvailable = FileManager.default.isExecutableFile(atPath: program)
  package static let whyNot =
    "no '\(program)'; run: apt-get install systemd-journal-remote"

  package let path: String

  /// - Parameter name: journald's own file is `system.journal`.
  package init(in root: TemporaryRoot, name: String = "system.journal") throws {
    let directory = "\(root.path)/var/log/journal/0123456789abcdef0123456789abcdef"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    path = "\(directory)/\(name)"
  }

  /// One of the daemon's, unless `trusted` says otherwise. `microseconds` is when journald got it.
  package static func entry(
    at microseconds: UInt64, messageID: String, _ fields: [String: String] = [:],
    trusted: [String: String] = [:]
  ) -> Entry {
    let own = [
      "__REALTIME_TIMESTAMP": "\(microseconds)", "__MONOTONIC_TIMESTAMP": "\(microseconds % 1_000_000_000)",
      "_BOOT_ID": "fedcba98765432100123456789abcdef", "_UID": "0", "_SYSTEMD_UNIT": "oomguard.service",
      "MESSAGE_ID": messageID,
    ]
    return own.merging(trusted) { $1 }.merging(fields) { $1 }.sorted { $0.key < $1.key }
      .map { ($0.key, Array($0.value.utf8)) }
  }

  /// Adds entries at the end, as journald would.
  package func append(_ entries: [Entry]) throws {
    var text: [UInt8] = []
    for entry in entries {
      for (name, value) in entry {
        text += name.utf8
        if value.contains(0x0a) {
          text.append(0x0a)
          for shift in stride(from: 0, to: 64, by: 8) {
            text.append(UInt8(truncatingIfNeeded: value.count >> shift))
          }
        } else {
          text.append(UInt8(ascii: "="))
        }
        text += value + [0x0a]
      }
      text.append(0x0a)
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.program)
    process.arguments = ["-o", path, "-"]
    let (input, complaint) = (Pipe(), Pipe())
    (process.standardInput, process.standardError) = (input, complaint)
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data(text))
    try input.fileHandleForWriting.close()
    let said = complaint.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw CocoaError(.fileWriteUnknown, userInfo: ["said": String(decoding: said, as: UTF8.self)])
    }
  }
}
