internal import GuardStatus

/// What `status --json` prints: the document, whether the daemon runs, and what is the matter if something is.
package struct StatusAnswer: Encodable, Sendable {
  private var reading: StatusReading

  /// - Parameter rule: leaves the other rules out.
  package init(_ reading: StatusReading, rule: String? = nil) {
    self.reading = reading
    if let rule { self.reading.document?.rules.removeAll { $0.name != rule } }
  }

  private enum CodingKeys: String, CodingKey { case daemon, problem }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(reading.daemon, forKey: .daemon)
    if let problem = reading.problem { try container.encode(problem.description, forKey: .problem) }
    // Into the same object: its fields stand beside ours.
    try reading.document?.encode(to: encoder)
  }
}
