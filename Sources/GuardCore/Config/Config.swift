/// What the administrator asked for: every file of the configuration, merged and checked.
package struct Config: Equatable, Sendable {
  package enum LogLevel: String, CaseIterable, Sendable { case error, warning, info, debug }

  /// How often every promise is checked even if no event came; 1 s to 1 h.
  package var reconcileInterval: Duration = .seconds(30)
  /// Whether processes get their base score back when oomguard stops.
  package var restoreOnStop = true
  /// Repairs of one process within ten minutes before oomguard yields to the other writer.
  package var conflictLimit = 5
  package var logLevel = LogLevel.info
  package var pressure = PressureSettings()
  /// `nil` where nothing is to be run.
  package var notify: NotifySettings?
  /// In file order; the first that matches a process wins.
  package var rules: [Rule] = []
  /// The files that were read, in the order in which they count.
  package var files: [String] = []
  /// What is allowed but probably not meant. Mistakes are errors instead: see ``ConfigError``.
  package var warnings: [ConfigWarning] = []

  package init() {}
}

/// When memory pressure is announced: the `[pressure]` table.
package struct PressureSettings: Equatable, Sendable {
  /// A PSI trigger: this share of stalled time within the window. See Documentation/accounting/psi.rst.
  package struct Threshold: Equatable, Sendable {
    package enum Kind: String, Sendable { case some, full }
    package var kind: Kind
    /// Whole percent of the window, 1…100.
    package var percent: Int
    /// 500 ms to 10 s; without CAP_SYS_RESOURCE the kernel takes only multiples of 2 s.
    package var window: Duration
    /// Where it was written, for the message when the kernel refuses it; `nil` for the built-in default.
    package var position: SourcePosition?

    package init(kind: Kind, percent: Int, window: Duration, position: SourcePosition? = nil) {
      (self.kind, self.percent, self.window, self.position) = (kind, percent, window, position)
    }
  }
  package var warning = Threshold(kind: .some, percent: 15, window: .seconds(2))
  package var critical = Threshold(kind: .full, percent: 10, window: .seconds(2))
  /// A level is raised only while MemAvailable is below this share of MemTotal; 100 turns the gate off.
  package var availableBelowPercent = 20
  /// How long no trigger may fire before a level is cleared; two of its windows at least.
  package var clearAfter: Duration = .seconds(15)

  package init() {}
}

/// What is run on events: the `[notify]` table.
package struct NotifySettings: Equatable, Sendable {
  /// An absolute path and its arguments.
  package var command: [String]
  package var events: Set<EventKind> = [.kill, .pressure]
  /// How long one run may take.
  package var timeout: Duration = .seconds(10)
  /// Where the command was written.
  package var position: SourcePosition

  package init(command: [String], position: SourcePosition) {
    (self.command, self.position) = (command, position)
  }
}

/// A place in a configuration file. Lines and columns count from 1.
package struct SourcePosition: Equatable, Sendable, CustomStringConvertible {
  package var file: String
  package var line, column: Int

  package init(file: String, line: Int, column: Int) {
    (self.file, self.line, self.column) = (file, line, column)
  }

  package var description: String { "\(file):\(line):\(column)" }
}

/// Something in the configuration that is allowed but probably not meant.
package struct ConfigWarning: Equatable, Sendable, CustomStringConvertible {
  package var position: SourcePosition
  package var message: String
  /// The rule it is about, if it is about one.
  package var rule: String?

  package init(position: SourcePosition, message: String, rule: String? = nil) {
    (self.position, self.message, self.rule) = (position, message, rule)
  }

  package var description: String { "\(position): \(message)" }
}

/// A mistake in the configuration: where it is, what it is, and how to mend it.
package struct ConfigError: Error, Equatable, CustomStringConvertible {
  package var position: SourcePosition
  /// `what; how to mend`.
  package var message: String

  package init(position: SourcePosition, message: String) {
    (self.position, self.message) = (position, message)
  }

  package var description: String { "\(position): \(message)" }
}
