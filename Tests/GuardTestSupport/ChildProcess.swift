import Foundation

/// A process that a test started, and ends with it.
package final class ChildProcess {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()

  package var pid: Int32 { process.processIdentifier }

  /// Runs `executable`; without arguments for one that waits for its standard input to end.
  package init(
    _ executable: String = "/bin/cat", _ arguments: [String] = [], environment: [String: String]? = nil
  ) throws {
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    if let environment { process.environment = environment }
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    try process.run()
  }

  deinit { end() }

  /// Waits until it has written a line, which tells that it runs its own program by now.
  package func echo(_ line: String) throws -> String {
    try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    return String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
  }

  /// Lets it end and collects it; its pid may be another's after that. Everything it wrote and its exit status.
  @discardableResult package func end() -> (output: String, status: Int32) {
    try? input.fileHandleForWriting.close()
    let all = (try? output.fileHandleForReading.readToEnd()) ?? Data()
    process.waitUntilExit()
    return (String(decoding: all, as: UTF8.self), process.terminationStatus)
  }
}
