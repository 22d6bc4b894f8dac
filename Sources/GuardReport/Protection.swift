internal import GuardCore
internal import GuardLinux
package import GuardStatus

/// What `protect` and `unprotect` have done, and what has come of it.
package struct Protection: Equatable, Sendable {
  package struct Process: Equatable, Sendable, Encodable {
    package var pid: Int32
    package var comm: String
    package var score: Int16?
    package var base: Int16?
    /// `nil` of one that is no longer protected.
    package var state: StatusDocument.Process.State?
  }

  package var unit: String
  /// The rule that means it now; `nil` once there is none.
  package var rule: String?
  package var score: Int16?
  /// What was written, or removed.
  package var files: [String]
  /// Whether a daemon goes by it.
  package var isLoaded: Bool
  package var processes: [Process]
  package var notes: [String]
  /// Why no daemon goes by it, and what to do; `nil` where one does.
  package var problem: String?

  package var exitStatus: ExitStatus {
    guard isLoaded else { return .notRunning }
    guard rule != nil else { return .fine }
    let isKept = !processes.isEmpty && processes.allSatisfy { $0.state?.isFine ?? false }
    return isKept ? .fine : .finding
  }
}

extension Protection: Encodable {
  private enum CodingKeys: String, CodingKey {
    case unit, rule, score, files
    case isLoaded = "loaded"
    case processes, notes, problem
  }
}

/// The daemon while the configuration is changed: told to read it, and asked what it makes of it.
struct DaemonAtWork {
  /// A daemon reads its configuration within milliseconds, but may be waited for under a storm.
  private static let patience = (reload: Duration.seconds(10), settle: Duration.seconds(3))
  private static let pause = Duration.milliseconds(50)

  private let root: RootDirectory
  let before: StatusReading

  init(in root: RootDirectory, _ reading: StatusReading) { (self.root, before) = (root, reading) }

  private var document: StatusDocument? { before.daemon == .running ? before.document : nil }

  /// Tells it to load the files.
  ///
  /// - Parameter rule: one that is to have processes: PID 1, who names them, may answer after all is loaded.
  /// - Returns: its status once it has and its rules' processes have settled; `nil` where none is at work.
  /// - Throws: a ``Refusal`` with its own words where it did not take them.
  func load(expecting rule: String? = nil, wall: () -> Timestamp) throws(Refusal) -> StatusDocument? {
    guard let document else { return nil }
    do throws(ProcessError) {
      try root.signal(ProcessIdentity(pid: document.pid, startTicks: document.startTicks), .hangup)
    } catch .left {
      return nil
    } catch {
      throw Refusal(.notPermitted, "oomguardd (pid \(document.pid)) cannot be told: \(error)")
    }
    let loaded = try wait(Self.patience.reload, wall) { $0.config.loadedAt > document.config.loadedAt }
    guard let loaded else {
      throw Refusal(
        .notRunning,
        "oomguardd (pid \(document.pid)) has not loaded it within \(Self.patience.reload.text); "
          + "see why with: journalctl -u oomguard")
    }
    return try wait(Self.patience.settle, wall) { now in
      now.rules.allSatisfy { each in
        each.processes.allSatisfy { $0.state != .pending } && (each.name != rule || !each.processes.isEmpty)
      }
    } ?? loaded
  }

  /// - Throws: a ``Refusal`` if it says that it cannot load the files, or is gone.
  private func wait(
    _ patience: Duration, _ wall: () -> Timestamp, _ isDone: (StatusDocument) -> Bool
  ) throws(Refusal) -> StatusDocument? {
    let deadline = Clock.boot() + patience
    while Clock.boot() < deadline {
      let reading = StatusFile(in: root).reading(at: wall())
      guard let now = reading.document, reading.daemon == .running else {
        throw Refusal(.notRunning, reading.problem?.description ?? "oomguardd has stopped meanwhile")
      }
      if let error = now.config.error, error != document?.config.error {
        throw Refusal(.finding, "oomguardd keeps its configuration: \(error)")
      }
      if isDone(now) { return now }
      Clock.pause(Self.pause)
    }
    return nil
  }
}
