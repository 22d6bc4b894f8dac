import Foundation
import GuardStatus
import GuardTestSupport

/// A real daemon on a ``Stage``.
final class LiveDaemon {
  let process = Process()
  private let stage: Stage
  private let errorPath: String

  /// - Parameters:
  ///   - standardError: a file of the stage's unless something else is wanted.
  ///   - starter: a command that becomes the daemon.
  init(
    on stage: Stage, _ config: String? = nil, environment: [String: String] = [:],
    standardError: FileHandle? = nil, options: [String] = [], through starter: [String] = []
  ) throws {
    self.stage = stage
    if let config { try stage.files.write(config, to: Self.configName) }
    let name = "stderr-\(UUID().uuidString)"
    errorPath = "\(stage.files.path)/\(name)"
    let words = stage.command(
      starter + [Program.daemon, "--config", Self.configPath(on: stage)] + options)
    process.executableURL = URL(fileURLWithPath: words[0])
    process.arguments = Array(words.dropFirst())
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let ownError = try stage.files.newFile(name)
    var about = stat()
    _ = unsafe fstat(ownError.fileDescriptor, &about)
    // As the service manager says to whom it gave a stream that leads to the journal.
    if environment["JOURNAL_STREAM"] == "yes" {
      process.environment?["JOURNAL_STREAM"] = "\(about.st_dev):\(about.st_ino)"
    }
    process.standardError = standardError ?? ownError
    try process.run()
  }

  /// Starts one and waits until it has told what it found.
  static func running(
    on stage: Stage, _ config: String? = nil, environment: [String: String] = [:],
    standardError: FileHandle? = nil
  ) throws -> LiveDaemon {
    let daemon = try LiveDaemon(on: stage, config, environment: environment, standardError: standardError)
    try eventually("the daemon tells its status") {
      guard daemon.process.isRunning else { throw NeverHappened(what: "it ended: \(daemon.log)") }
      return daemon.status?.pid == daemon.pid
    }
    return daemon
  }

  deinit {
    if process.isRunning { kill(pid, SIGKILL) }
    process.waitUntilExit()
  }

  static let configName = "oomguard.conf"
  static func configPath(on stage: Stage) -> String { "\(stage.files.path)/\(configName)" }

  var pid: Int32 { process.processIdentifier }

  /// What it wrote to standard error so far.
  var log: String { (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? "" }
  var logLines: [String] { log.split(separator: "\n").map { String($0) } }

  /// What its status file says; `nil` while there is none.
  var status: StatusDocument? {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: "\(stage.run)/oomguard/status.json")) else {
      return nil
    }
    return try? JSONDecoder().decode(StatusDocument.self, from: data)
  }

  func signal(_ number: Int32) { kill(pid, number) }

  /// Lets it read its configuration and look once more, and waits until it has told what it found then.
  func survey() throws {
    // Only a reload changes this, and it looks before it tells.
    let before = status?.config
    signal(SIGHUP)
    try eventually("the reload is told") { status.map { $0.config != before } ?? false }
  }

  /// Sends a signal and waits for the end; the exit status, or minus the signal that ended it.
  @discardableResult
  func end(_ number: Int32) throws -> Int32 {
    signal(number)
    try eventually("the daemon ends") { !process.isRunning }
    return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
  }
}
