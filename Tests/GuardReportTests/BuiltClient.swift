import Foundation

/// The `oomguardctl` of this build, run as a process of its own.
enum BuiltClient {
  struct Outcome: Equatable {
    var status: Int32
    var output: String
    var complaint: String

    /// The same with `path` taken out wherever it stands.
    func without(_ path: String) -> Outcome {
      Outcome(
        status: status, output: output.replacingOccurrences(of: path, with: ""),
        complaint: complaint.replacingOccurrences(of: path, with: ""))
    }
  }

  /// Beside the test bundle, where SwiftPM puts every product of the build.
  static let program = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("oomguardctl")

  /// - Parameter input: the file that is its standard input; else there is none.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], input: String? = nil
  ) throws -> Outcome {
    try run(program, arguments, environment, input)
  }

  static func runAsNobody(_ arguments: [String]) throws -> Outcome {
    let words = ["--reuid=65534", "--regid=65534", "--clear-groups", program.path] + arguments
    return try run(URL(fileURLWithPath: "/usr/bin/setpriv"), words, [:], nil)
  }

  /// Another program, which runs this one.
  static func run(
    program: String, _ arguments: [String], environment: [String: String]
  ) throws -> Outcome {
    try run(URL(fileURLWithPath: program), arguments, environment, nil)
  }

  private static func run(
    _ program: URL, _ arguments: [String], _ environment: [String: String], _ input: String?
  ) throws -> Outcome {
    let process = Foundation.Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = environment
    let (output, complaint) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, complaint)
    process.standardInput =
      try input.map { try FileHandle(forReadingFrom: URL(fileURLWithPath: $0)) } ?? FileHandle.nullDevice
    try process.run()
    // A complaint fits in the pipe, so reading one after the other cannot hang.
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let error = complaint.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
      complaint: String(decoding: error, as: UTF8.self))
  }
}
