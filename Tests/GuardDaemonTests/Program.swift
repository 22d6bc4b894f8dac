import Foundation
import GuardTestSupport

/// A program run to its end, as an administrator or a script would run it.
struct Outcome: Equatable {
  var status: Int32
  var output = ""
  var complaint = ""
}

enum Program {
  /// Beside the test bundle, where SwiftPM puts every product of the build.
  static let daemon = built("oomguardd")
  static let client = built("oomguardctl")
  static let player = built("GuardTestPlayer")

  private static func built(_ name: String) -> String {
    URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent(name).path
  }

  /// Runs `words`; what it prints is given back with every `hidden` path left out.
  static func run(
    _ words: [String], environment: [String: String] = [:], hiding hidden: String? = nil
  ) throws -> Outcome {
    let files = try TemporaryRoot()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: words[0])
    process.arguments = Array(words.dropFirst())
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    // Files and not pipes: neither can fill up while the other is read.
    process.standardOutput = try files.newFile("output")
    process.standardError = try files.newFile("complaint")
    try process.run()
    // A program that hangs would hang the whole run.
    let deadline = Date(timeIntervalSinceNow: 60)
    while process.isRunning, Date() < deadline { usleep(2000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    func text(_ name: String) throws -> String {
      let text = try files.text(of: name)
      return hidden.map { text.replacingOccurrences(of: $0, with: "") } ?? text
    }
    return Outcome(
      status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      output: try text("output"), complaint: try text("complaint"))
  }
}

extension TemporaryRoot {
  /// An empty file, open for writing.
  func newFile(_ name: String) throws -> FileHandle {
    try write("", to: name)
    return try FileHandle(forWritingTo: URL(fileURLWithPath: "\(path)/\(name)"))
  }

  /// A copy of `Tests/Fixtures/scenarios/<name>`.
  static func scenario(_ name: String) throws -> TemporaryRoot {
    let root = try TemporaryRoot()
    let source = Fixture.path("scenarios/\(name)")
    for entry in try FileManager.default.contentsOfDirectory(atPath: source) {
      try FileManager.default.copyItem(atPath: "\(source)/\(entry)", toPath: "\(root.path)/\(entry)")
    }
    return root
  }
}
