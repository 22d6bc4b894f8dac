/// Whom the kernel would kill next, in its order, if the machine's memory or a cgroup's limit ran out now, and how far
/// each protected process is from being the next.
package struct Victims: Equatable, Sendable {
  package enum Scope: Equatable, Sendable {
    case machine
    /// The cgroup that was asked about, as its hierarchy calls it.
    case cgroup(String)
  }

  package struct Victim: Equatable, Sendable {
    package var pid: Int32
    package var comm: String
    package var unit: String?
    package var cgroup: String?
    /// The rule that means it, or that of its unit even if its scope leaves this process out.
    package var rule: String?
    package var score: Int16
    /// The kernel's points; may be negative.
    package var badnessKB: Int64
    package var rssKB, swapKB, pgtablesKB: UInt64
  }

  /// A process to which a `[[protect]]` rule promises its score.
  package struct Protected: Equatable, Sendable {
    package var rule: String
    package var pid: Int32
    package var comm: String
    package var unit: String?
    package var score: Int16
    /// How much more it would have to use to be the next; `nil` for one that is never chosen.
    package var marginKB: Int64?
  }

  package var scope: Scope
  /// RAM and swap, or the cgroup's limit: what a score's thousandths are of.
  package var scaleKB: Int64
  /// The next first.
  package var victims: [Victim]
  /// The nearest to being killed first.
  package var protected: [Protected]
  /// Processes that the kernel never chooses, kernel threads left aside.
  package var neverChosen: Int
  /// What the answer leaves open, and why; and the changes that it takes for made.
  package var notes: [String]

  /// A finding if the next victim is one that is to be protected.
  package var exitStatus: ExitStatus {
    victims.first.map { next in protected.contains { $0.pid == next.pid } } ?? false ? .finding : .fine
  }

  /// Leaves out all but the first `count` victims.
  package func limited(to count: Int?) -> Victims {
    var answer = self
    if let count { answer.victims = Array(victims.prefix(count)) }
    return answer
  }
}

extension Victims: Encodable {
  private enum CodingKeys: String, CodingKey {
    case scope
    case scaleKB = "scale_kb"
    case victims, protected
    case neverChosen = "never_chosen"
    case notes
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(scope.word, forKey: .scope)
    try container.encode(scaleKB, forKey: .scaleKB)
    try container.encode(victims, forKey: .victims)
    try container.encode(protected, forKey: .protected)
    try container.encode(neverChosen, forKey: .neverChosen)
    try container.encode(notes, forKey: .notes)
  }
}

extension Victims.Scope {
  /// `machine`, or the cgroup's path.
  package var word: String {
    switch self {
    case .machine: "machine"
    case .cgroup(let path): path
    }
  }
}

extension Victims.Victim: Encodable {
  private enum CodingKeys: String, CodingKey {
    case pid, comm, unit, cgroup, rule, score
    case badnessKB = "badness_kb"
    case rssKB = "rss_kb"
    case swapKB = "swap_kb"
    case pgtablesKB = "pgtables_kb"
  }
}

extension Victims.Protected: Encodable {
  private enum CodingKeys: String, CodingKey {
    case rule, pid, comm, unit, score
    case marginKB = "margin_kb"
  }
}
