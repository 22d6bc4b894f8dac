internal import GuardLinux
internal import GuardStatus

/// What a Prometheus server collects of oomguard.
package struct Metrics: Equatable, Sendable {
  package enum Kind: String, Encodable, Sendable { case counter, gauge }

  package struct Sample: Equatable, Sendable {
    package var labels: [(name: String, value: String)] = []
    /// A decimal number.
    package var value: String

    package static func == (left: Self, right: Self) -> Bool {
      left.value == right.value && left.labels.elementsEqual(right.labels) { $0 == $1 }
    }
  }

  package struct Family: Equatable, Sendable {
    package var name: String
    package var kind: Kind
    package var help: String
    package var samples: [Sample]

    init(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
      (self.name, self.kind, self.help, self.samples) = ("oomguard_\(name)", kind, help, samples)
    }

    init(_ name: String, _ kind: Kind, _ help: String, value: UInt64) {
      self.init(name, kind, help, [Sample(value: "\(value)")])
    }
  }

  package let families: [Family]

  /// Of a daemon that is not at work nothing is told but that: what it said last is no measurement of now.
  package init(_ reading: StatusReading) {
    let isUp = reading.daemon == .running
    let up = Family("up", .gauge, "Whether oomguardd is at work.", value: isUp ? 1 : 0)
    guard isUp, let document = reading.document else {
      families = [up]
      return
    }
    let counters = document.counters
    families = [
      up,
      Family(
        "degraded", .gauge, "Capabilities that oomguardd has to do without.",
        document.degraded.map { Sample(labels: [("what", $0.what)], value: "1") }),
      Family(
        "protected_processes", .gauge, "Processes that a rule means, by what has become of its promise.",
        document.rules.flatMap(Self.processes)),
      Family(
        "kills_total", .counter, "Processes killed by the kernel's OOM killer since boot.",
        Self.kills(document.kills)),
      Family(
        "kernel_log_records_lost_total", .counter,
        "Records of the kernel's log overwritten before they were read.",
        value: document.kills.lostRecords),
      Family(
        "pressure_level", .gauge, "Memory pressure: 0 calm, 1 warning, 2 critical.",
        Self.level(document.pressure)),
      Family(
        "pressure_stall_seconds_total", .counter,
        "Time that some or all tasks have waited for memory since boot.",
        [("some", document.pressure.someTotalUsec), ("full", document.pressure.fullTotalUsec)].compactMap {
          kind, microseconds in
          microseconds.map { Sample(labels: [("kind", kind)], value: Self.seconds($0)) }
        }),
      Family(
        "repairs_total", .counter, "Scores that somebody else changed and oomguardd set back.",
        value: counters.repairs),
      Family(
        "conflicts_total", .counter, "Processes left to another writer of their score.",
        value: counters.conflicts),
      Family("surveys_total", .counter, "Looks at every process that may be meant.", value: counters.surveys),
      Family("unsent_total", .counter, "Messages that nobody took.", value: counters.unsent),
    ]
  }

  private static func processes(of rule: StatusDocument.Rule) -> [Sample] {
    var counts: [StatusDocument.Process.State: Int] = [:]
    for process in rule.processes { counts[process.state, default: 0] += 1 }
    // Those not held are listed first: what is not listed is held, as far as anybody knows.
    counts[.held, default: 0] += max(0, rule.matched - rule.processes.count)
    return StatusDocument.Process.State.allCases.map { state in
      Sample(labels: [("rule", rule.name), ("state", state.rawValue)], value: "\(counts[state] ?? 0)")
    }
  }

  /// None of them ever goes back: what is unknown is what the counts by constraint leave.
  private static func kills(_ kills: StatusDocument.Kills) -> [Sample] {
    let constraints: [StatusDocument.Kill.Constraint] = [.global, .memcg, .cpuset, .mempolicy]
    return [true, false].flatMap { isProtected in
      func count(_ protected: UInt64, of total: UInt64) -> UInt64 {
        isProtected ? protected : total - min(protected, total)
      }
      func sample(_ constraint: String, _ count: UInt64) -> Sample {
        Sample(
          labels: [("protected", isProtected ? "yes" : "no"), ("constraint", constraint)], value: "\(count)")
      }
      var unknown = count(kills.protected, of: kills.total)
      return constraints.map { constraint in
        let known = kills.constraints.first { $0.constraint == constraint }
        let count = known.map { count($0.protected, of: $0.total) } ?? 0
        unknown -= min(unknown, count)
        return sample(constraint.rawValue, count)
      } + [sample("unknown", unknown)]
    }
  }

  private static func level(_ pressure: StatusDocument.Pressure) -> [Sample] {
    switch pressure.level {
    case .calm: [Sample(value: "0")]
    case .warning: [Sample(value: "1")]
    case .critical: [Sample(value: "2")]
    case .unknown: []
    }
  }

  /// Exact, unlike a floating-point number.
  private static func seconds(_ microseconds: UInt64) -> String {
    let (whole, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    let fraction = "\(rest)"
    return rest == 0
      ? "\(whole)" : "\(whole).\(String(repeating: "0", count: 6 - fraction.utf8.count))\(fraction)"
  }
}

extension Metrics {
  /// As Prometheus reads it: the text-based exposition format, version 0.0.4.
  package var text: String {
    families.map { family in
      let samples = family.samples.map { sample in
        let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
        return "\(family.name)\(labels.isEmpty ? "" : "{\(labels)}") \(sample.value)\n"
      }
      return "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(family.kind.rawValue)\n"
        + samples.joined()
    }.joined()
  }

  private static func escaped(_ value: String) -> String {
    value.reduce(into: "") { text, character in
      switch character {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.append(character)
      }
    }
  }

  /// Writes the text to a file, in one piece: whoever reads it meanwhile has the one before. The file's name while it is
  /// written is one that node_exporter passes over.
  ///
  /// - Parameter path: of the caller's own view, below an existing directory.
  package func write(to path: String) throws(Refusal) {
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    guard !name.isEmpty else { throw Refusal(.usage, "'\(path)' is a directory; name a file in it") }
    try Refusal.wrapping("name a file in a directory that is there and may be written") {
      () throws(SystemCallError) in
      try RootDirectory().replaceFile(name, in: directory, with: Array(text.utf8))
    }
  }
}

extension Metrics: Encodable {
  private enum CodingKeys: String, CodingKey { case metrics }
  private enum FamilyKeys: String, CodingKey { case name, type, help, samples }
  private enum SampleKeys: String, CodingKey { case labels, value }
  private struct Label: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    var list = container.nestedUnkeyedContainer(forKey: .metrics)
    for family in families {
      var object = list.nestedContainer(keyedBy: FamilyKeys.self)
      try object.encode(family.name, forKey: .name)
      try object.encode(family.kind, forKey: .type)
      try object.encode(family.help, forKey: .help)
      var samples = object.nestedUnkeyedContainer(forKey: .samples)
      for sample in family.samples {
        var object = samples.nestedContainer(keyedBy: SampleKeys.self)
        var labels = object.nestedContainer(keyedBy: Label.self, forKey: .labels)
        for label in sample.labels { try labels.encode(label.value, forKey: Label(stringValue: label.name)) }
        // Every one is a decimal number that a double holds as exactly as any reader of JSON will.
        try object.encode(Double(sample.value) ?? 0, forKey: .value)
      }
    }
  }
}
