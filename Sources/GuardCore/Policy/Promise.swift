/// What a rule promises to the processes that it means: one for them all, of which there may be thousands.
package final class Promise: Sendable {
  /// Name of the rule; empty where only a daemon before this one knew it.
  package let rule: String
  package let kind: Rule.Kind
  package let score: OOMScoreAdj

  package init(rule: String, kind: Rule.Kind, score: OOMScoreAdj) {
    (self.rule, self.kind, self.score) = (rule, kind, score)
  }
}

extension Promise: Equatable {
  package static func == (left: Promise, right: Promise) -> Bool {
    left === right || (left.rule, left.kind, left.score) == (right.rule, right.kind, right.score)
  }
}
