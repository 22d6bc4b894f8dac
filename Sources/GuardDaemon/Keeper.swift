internal import GuardCore
internal import GuardLinux

/// Keeps the promises: looks, compares, writes, remembers, and gives back.
struct Keeper: ~Copyable {
  /// What one round did, for those who tell of it.
  struct Round {
    var written: [ScoreChange] = []
    /// Refused for the first time, and the kernel's reason.
    var refused: [(change: ScoreChange, why: String)] = []
    var departed = 0
    /// Why the world could not be looked at.
    var failure: SystemCallError?

    var changedAnything: Bool { !written.isEmpty || !refused.isEmpty || departed > 0 }
  }

  private let survey: Survey
  private let isDryRun: Bool
  private(set) var ledger: Ledger
  private(set) var rules: RuleSet
  private(set) var counters = (surveys: UInt64(0), writes: UInt64(0), repairs: UInt64(0))

  init(_ survey: consuming Survey, rules: RuleSet, remembered: [ProcessIdentity: OOMScoreAdj], isDryRun: Bool)
  {
    self.survey = survey
    (self.rules, self.isDryRun) = (rules, isDryRun)
    ledger = Ledger(remembered: remembered)
  }

  var hasCgroups: Bool { survey.hasCgroups }

  mutating func replaceRules(_ rules: RuleSet) { self.rules = rules }

  /// One full round. In a dry run the changes are what would be written.
  mutating func keep(noting state: StateFile?) -> Round {
    counters.surveys += 1
    do throws(SystemCallError) {
      let plan = ledger.plan(try survey.look(rules, known: ledger.pids), rules: rules)
      return carryOut(plan, noting: state)
    } catch {
      return Round(failure: error)
    }
  }

  /// Gives every process its base back.
  ///
  /// A child forked while this goes on has inherited a promise; so it is done again, from what was known
  /// before, until nothing is left to give back.
  mutating func restore() -> Round {
    var result = Round()
    let before = ledger
    for _ in 0..<5 {
      ledger = before
      counters.surveys += 1
      do throws(SystemCallError) {
        // Children that no round has seen yet are entered first; what they are promised is not written.
        _ = ledger.plan(try survey.look(rules, known: ledger.pids), rules: rules)
        let nobody = RuleSet([], totalBytes: 0)
        let plan = ledger.plan(try survey.look(nobody, known: ledger.pids), rules: nobody)
        guard !plan.changes.isEmpty else { return result }
        let round = carryOut(plan, noting: nil)
        result.written += round.written
        result.refused += round.refused
        if !round.refused.isEmpty { return result }
      } catch {
        result.failure = error
        return result
      }
    }
    return result
  }

  private mutating func carryOut(_ plan: Ledger.Plan, noting state: StateFile?) -> Round {
    var round = Round(departed: plan.departed.count)
    for change in plan.changes {
      if isDryRun {
        round.written.append(change)
        continue
      }
      if change.reason != .restore { state?.note(change.process, base: change.base) }
      let outcome = survey.carryOut(change)
      let isNews = ledger.record(change, outcome)
      switch outcome {
      case .written:
        counters.writes += 1
        if change.reason == .repair { counters.repairs += 1 }
        round.written.append(change)
      case .left: break
      case .refused(let why): if isNews { round.refused.append((change, why)) }
      }
    }
    return round
  }
}
