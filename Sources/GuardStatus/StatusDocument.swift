/// What oomguard does at the moment: the content of `/run/oomguard/status.json`, written by the daemon and
/// read by everything else.
///
/// The JSON names are a contract: fields are added, never renamed. ``JSONWriter`` writes what is absent as
/// `null`; a reader takes an absent field and `null` for the same, and skips fields it does not know. An
/// unknown word where an enum is expected fails to decode: it comes from another version, and the reader
/// tells so by `version` instead of guessing what the word means.
package struct StatusDocument: Codable, Equatable, Sendable {
  /// How many processes a rule lists at most; those not held come first.
  package static let maximumProcessesPerRule = 64
  /// How many kills are kept; the newest is last.
  package static let maximumKills = 256

  package enum State: String, Codable, Sendable { case running, degraded, stopping }

  /// ``Release/version`` of the daemon that wrote it.
  package var version: String
  /// The daemon's process: its pid and, in clock ticks since boot, its start time.
  package var pid: Int32
  package var startTicks: UInt64
  /// When the daemon started.
  package var since: Timestamp
  package var writtenAt: Timestamp
  /// The configured `reconcile_interval`; a file much older than this tells of a daemon that is stuck.
  package var reconcileSeconds: Int
  package var state: State
  package var dryRun: Bool
  package var config: ConfigState
  package var degraded: [Degradation]
  package var rules: [Rule]
  package var pressure: Pressure
  package var kills: Kills
  package var counters: Counters

  package init(
    version: String = Release.version, pid: Int32, startTicks: UInt64, since: Timestamp, writtenAt: Timestamp,
    reconcileSeconds: Int, state: State, dryRun: Bool, config: ConfigState, degraded: [Degradation] = [],
    rules: [Rule] = [], pressure: Pressure, kills: Kills = Kills(), counters: Counters = Counters()
  ) {
    (self.version, self.pid, self.startTicks) = (version, pid, startTicks)
    (self.since, self.writtenAt, self.reconcileSeconds) = (since, writtenAt, reconcileSeconds)
    (self.state, self.dryRun, self.config, self.degraded) = (state, dryRun, config, degraded)
    (self.rules, self.pressure, self.kills, self.counters) = (rules, pressure, kills, counters)
  }

  private enum CodingKeys: String, CodingKey {
    case version, pid
    case startTicks = "start_ticks"
    case since
    case writtenAt = "written_at"
    case reconcileSeconds = "reconcile_seconds"
    case state
    case dryRun = "dry_run"
    case config, degraded, rules, pressure, kills, counters
  }
}

extension StatusDocument {
  /// Which configuration is in force, and what was wrong with a newer one.
  package struct ConfigState: Codable, Equatable, Sendable {
    package var files: [String]
    package var loadedAt: Timestamp
    /// `file:line:column: what; how to mend`, from a reload that failed; `nil` when all is well.
    package var error: String?

    package init(files: [String], loadedAt: Timestamp, error: String? = nil) {
      (self.files, self.loadedAt, self.error) = (files, loadedAt, error)
    }

    private enum CodingKeys: String, CodingKey {
      case files
      case loadedAt = "loaded_at"
      case error
    }
  }

  /// A capability the daemon has to do without.
  package struct Degradation: Codable, Equatable, Sendable {
    /// A name that scripts may rely on: `no-pressure`, `cannot-lower-scores`, …
    package var what: String
    /// The reason in words.
    package var why: String

    package init(what: String, why: String) { (self.what, self.why) = (what, why) }
  }

  /// What the daemon did since it started.
  package struct Counters: Codable, Equatable, Sendable {
    /// Scores written.
    package var writes: UInt64 = 0
    /// Writes that mended a promise somebody else had broken.
    package var repairs: UInt64 = 0
    /// Times oomguard yielded to another writer.
    package var conflicts: UInt64 = 0
    /// Times a source had lost events and everything was surveyed again.
    package var overruns: UInt64 = 0
    package var surveys: UInt64 = 0
    /// Turns of the event loop.
    package var wakeups: UInt64 = 0
    /// Journal entries and notifications that could not be sent.
    package var unsent: UInt64 = 0

    package init() {}
  }
}
