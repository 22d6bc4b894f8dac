/// One `[[protect]]` or `[[sacrifice]]` table.
package struct Rule: Equatable, Sendable {
  package enum Kind: String, Sendable {
    /// The score is a ceiling: a process already at or below it is left alone.
    case protect
    /// The score is a floor: a process already at or above it is left alone.
    case sacrifice
  }

  /// Which processes of a unit or cgroup a protect rule means.
  package enum Scope: String, CaseIterable, Sendable {
    /// The main process; its children get their base back.
    case main
    /// Every process.
    case all
  }

  /// How the score is written in the file.
  package enum Amount: Equatable, Sendable {
    case score(OOMScoreAdj)
    /// Bytes the process may use before they count against it.
    case allowance(bytes: UInt64)
    /// The historical scale, -17…15.
    case oomAdj(Int)
  }

  package var name: String
  package var kind: Kind
  package var amount: Amount
  /// `nil` for rules without one: every matching process is meant.
  package var scope: Scope?
  package var selector: Selector
  package var allowImmune: Bool
  package var position: SourcePosition

  package init(
    name: String, kind: Kind, amount: Amount, scope: Scope?, selector: Selector, allowImmune: Bool = false,
    position: SourcePosition
  ) {
    (self.name, self.kind, self.amount, self.scope) = (name, kind, amount, scope)
    (self.selector, self.allowImmune, self.position) = (selector, allowImmune, position)
  }

  /// Whether a process that carries `score` already has what this rule promises, or more of it.
  package func isKept(by score: OOMScoreAdj, promised: OOMScoreAdj) -> Bool {
    switch kind {
    case .protect: score <= promised
    case .sacrifice: score >= promised
    }
  }
}

extension Rule.Amount {
  /// Whether ``score(totalBytes:)`` changes when swap comes or goes.
  package var dependsOnMemory: Bool {
    switch self {
    case .score, .oomAdj: false
    case .allowance: true
    }
  }

  /// The score on a machine whose RAM and swap together are `totalBytes`.
  ///
  /// oom_badness() adds `oom_score_adj * totalpages / 1000` to a process's pages, so an allowance of
  /// that many bytes is the score that takes them off again; never immunity, hence at least -999.
  /// Source: mm/oom_kill.c.
  package func score(totalBytes: UInt64) -> OOMScoreAdj {
    switch self {
    case .score(let score): return score
    case .oomAdj(let value): return OOMScoreAdj(oomAdj: value) ?? .zero
    case .allowance(let bytes):
      guard totalBytes > 0 else { return .zero }
      guard bytes < totalBytes else { return .lastResort }
      // bytes < totalBytes: the quotient is below 1000 and the full-width division cannot overflow.
      let thousandths = totalBytes.dividingFullWidth(bytes.multipliedFullWidth(by: 1000)).quotient
      return OOMScoreAdj(-Int(thousandths)) ?? .lastResort
    }
  }
}
