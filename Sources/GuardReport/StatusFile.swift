internal import FoundationEssentials
internal import GuardCore
package import GuardLinux
package import GuardStatus

/// Whether the daemon runs, as far as the status file and its process tell.
package enum DaemonState: String, Codable, Sendable {
  case running, stopped
  /// Its process is there but has written nothing for far too long.
  case stuck
  case notInstalled = "not-installed"
}

/// What could be learned of the daemon: its state, its last words, and what is the matter with them.
package struct StatusReading: Equatable, Sendable {
  /// `nil` if the file that would tell cannot be believed or read.
  package var daemon: DaemonState?
  package var document: StatusDocument?
  /// `nil` when all is well: running, recent, of this version.
  package var problem: StatusProblem?

  package init(daemon: DaemonState?, document: StatusDocument?, problem: StatusProblem?) {
    (self.daemon, self.document, self.problem) = (daemon, document, problem)
  }
}

/// `/run/oomguard/status.json`, read by somebody who trusts only root.
package struct StatusFile: Sendable {
  package static let path = "/run/oomguard/status.json"
  /// The daemon writes well below 1 MiB: 64 processes a rule, 256 kills.
  private static let sizeLimit = 16 << 20
  /// Three reconciles missed, and some seconds for a machine under load.
  private static let patience = (reconciles: 3, slack: Duration.seconds(5))

  private let root: RootDirectory
  private var shownPath: String { root.path(Self.path) }

  package init(in root: RootDirectory) { self.root = root }

  /// What was read last, for somebody who asks again and again.
  package struct Memory: Sendable {
    fileprivate var bytes: [UInt8] = []
    fileprivate var document: StatusDocument?

    package init() {}
  }

  /// - Parameter now: the wall clock.
  package func reading(at now: Timestamp) -> StatusReading {
    var memory = Memory()
    return reading(at: now, &memory)
  }

  /// The same; a file that has not changed is not decoded again.
  package func reading(at now: Timestamp, _ memory: inout Memory) -> StatusReading {
    let bytes: [UInt8]
    do throws(StatusProblem) {
      bytes = try ownedBytes()
    } catch {
      let daemon: DaemonState? =
        switch error {
        case .notInstalled: .notInstalled
        case .noFile: .stopped
        case .silent: .running
        default: nil
        }
      return StatusReading(daemon: daemon, document: nil, problem: error)
    }
    if let document = memory.document, memory.bytes == bytes { return reading(of: document, at: now) }
    do {
      let document = try JSONDecoder().decode(StatusDocument.self, from: Data(bytes))
      (memory.bytes, memory.document) = (bytes, document)
      return reading(of: document, at: now)
    } catch {
      return StatusReading(daemon: nil, document: nil, problem: problem(with: bytes, error))
    }
  }

  private func reading(of document: StatusDocument, at now: Timestamp) -> StatusReading {
    let age = now.duration(since: document.writtenAt)
    let isLate = age > .seconds(document.reconcileSeconds) * Self.patience.reconciles + Self.patience.slack
    let daemon: DaemonState
    var problem: StatusProblem?
    if document.state == .stopping {
      (daemon, problem) = (.stopped, .stopped(at: document.writtenAt))
    } else {
      switch (isAlive(document), isLate) {
      case (false?, _), (nil, true):
        (daemon, problem) = (.stopped, .gone(pid: document.pid, lastSeen: document.writtenAt))
      case (true?, true):
        (daemon, problem) = (
          .stuck, .stuck(pid: document.pid, lastSeen: document.writtenAt, silentFor: age)
        )
      case (_, false): daemon = .running
      }
    }
    if problem == nil, document.version != Release.version {
      problem = .otherVersion(path: shownPath, version: document.version)
    }
    return StatusReading(daemon: daemon, document: document, problem: problem)
  }

  /// The file's bytes, if they are root's.
  private func ownedBytes() throws(StatusProblem) -> [UInt8] {
    let file: (bytes: [UInt8], owner: UInt32)
    do throws(SystemCallError) {
      file = try root.readOwned(Self.path, limit: Self.sizeLimit)
    } catch {
      guard error.meansGone else { throw .unreadable(error) }
      if let pid = runningPID { throw .silent(pid: pid, path: shownPath) }
      throw isInstalled ? .noFile(path: shownPath) : .notInstalled
    }
    guard isTrusted(file.owner) else {
      throw .foreignOwner(path: shownPath, uid: file.owner)
    }
    return file.bytes
  }

  /// A directory given by --root stands for `/`, so its owner stands for root.
  private func isTrusted(_ uid: UInt32) -> Bool {
    uid == 0 || (!root.isMachine && uid == (try? root.status(of: "/"))?.ownerUID)
  }

  /// The pid of a daemon that left no file to say so; root's, since anybody can call a process so.
  private var runningPID: Int32? {
    try? ProcDirectory(in: root).pids().sorted().first { pid in
      (try? root.read("/proc/\(pid)/comm")) == Array("oomguardd\n".utf8)
        && (try? root.status(of: "/proc/\(pid)")).map { isTrusted($0.ownerUID) } ?? false
    }
  }

  private var isInstalled: Bool {
    let units = ["/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"].map {
      "\($0)/systemd/system/oomguard.service"
    }
    let programs = ["/usr/sbin", "/usr/local/sbin"].map { "\($0)/oomguardd" }
    return (units + programs).contains(where: root.exists)
  }

  /// Whether the very process that wrote the document still runs; `nil` where /proc does not show others'
  /// processes (hidepid=, see proc(5)).
  private func isAlive(_ document: StatusDocument) -> Bool? {
    let text: [UInt8]
    do throws(SystemCallError) {
      text = try root.read("/proc/\(document.pid)/stat")
    } catch {
      if error.isNotPermitted { return nil }
      // The kernel's own directory always has `self`, and init unless it is hidden.
      let hides = root.exists("/proc/self/stat") && !root.exists("/proc/1/stat")
      return hides ? nil : false
    }
    guard let stat = try? ProcessStat(text) else { return false }
    return stat.startTicks == document.startTicks && !stat.isDead
  }

  /// Why `bytes` are no document of ours: another version's fields, or none at all.
  private func problem(with bytes: [UInt8], _ error: any Error) -> StatusProblem {
    struct Header: Decodable { var version: String }
    if let header = try? JSONDecoder().decode(Header.self, from: Data(bytes)),
      header.version != Release.version
    {
      return .otherVersion(path: shownPath, version: header.version)
    }
    /// Any JSON at all: the decoder has read the whole text before it asks.
    struct Anything: Decodable { init(from _: any Decoder) {} }
    let isJSON = (try? JSONDecoder().decode(Anything.self, from: Data(bytes))) != nil
    let why = bytes.isEmpty ? "it is empty" : isJSON ? Self.reason(error) : "it is half written or not JSON"
    return .damaged(path: shownPath, why: why)
  }

  /// Foundation's decoding errors are made for programmers; this names the field.
  private static func reason(_ error: any Error) -> String {
    switch error as? DecodingError {
    case .keyNotFound(let key, let context): "'\(path(context.codingPath + [key]))' is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      context.codingPath.isEmpty
        ? "it is no JSON object" : "'\(path(context.codingPath))' is not of the right type"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      "'\(path(context.codingPath))' has no valid value"
    // All that is left of what the decoder finds in good JSON; it does not say where.
    default: "a number in it is out of range"
    }
  }

  private static func path(_ keys: [any CodingKey]) -> String {
    keys.map { key in key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)" }.joined().drop { $0 == "." }
      .description
  }
}
