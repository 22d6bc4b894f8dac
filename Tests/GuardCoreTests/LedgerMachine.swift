import GuardCore
import Testing

/// One machine of a few processes, seen by one ledger.
struct LedgerMachine {
  static let cgroup = CgroupPath("/system.slice/db.service".utf8)
  var ledger = Ledger()
  var rules: RuleSet
  /// Long after the start of every process, unless a test says otherwise.
  var now = Duration.seconds(600)
  /// How each write ends.
  var outcome = ScoreOutcome.written
  private(set) var news: [String] = []

  init(_ rules: [Rule], remembered: [ProcessIdentity: Debt] = [:]) {
    self.rules = RuleSet(rules, totalBytes: 0)
    ledger = Ledger(remembered: remembered)
  }

  /// A survey and the writes it leads to, told as `--dry-run` tells them.
  mutating func round(_ seen: Observation...) -> [String] {
    let plan = ledger.plan(seen, rules: rules, at: now)
    news = []
    for change in plan.changes where ledger.record(change, outcome) { news.append("\(change)") }
    return plan.changes.map(\.description)
  }

  func entry(_ pid: Int32) throws -> Ledger.Entry { try #require(ledger.entries[pid]) }
}

// MARK: short words for what the tests of the ledger speak of

func score(_ value: Int) throws -> OOMScoreAdj { try #require(OOMScoreAdj(value)) }
func identity(_ pid: Int32, _ start: UInt64 = 5) -> ProcessIdentity {
  ProcessIdentity(pid: pid, startTicks: start)
}

func owed(_ value: Int, _ written: Int = -500) throws -> Debt {
  Debt(base: try score(value), written: try score(written))
}

func rule(_ value: Int, _ kind: Rule.Kind = .protect, _ name: String = "db") throws -> Rule {
  Rule(
    name: name, kind: kind, amount: .score(try score(value)), scope: nil, selector: Selector(),
    position: SourcePosition(file: "x", line: 1, column: 1))
}

func seen(
  _ pid: Int32, _ value: Int, rule: Int? = 0, parent: Int32 = 1, start: UInt64? = nil,
  cgroup: CgroupPath = LedgerMachine.cgroup, role: Observation.Role = .member
) throws -> Observation {
  Observation(
    process: identity(pid, start ?? 5), parent: parent, comm: Comm("p\(pid)".utf8), cgroup: cgroup,
    score: try score(value), rule: rule, role: role)
}
