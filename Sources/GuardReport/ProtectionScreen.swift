internal import GuardStatus

/// `oomguardctl protect` and `unprotect` for people.
package struct ProtectionScreen: Sendable {
  private let answer: Protection
  private let appearance: Appearance

  package init(_ answer: Protection, in appearance: Appearance) {
    (self.answer, self.appearance) = (answer, appearance)
  }

  package func lines() -> [String] {
    let what =
      if let score = answer.score {
        "\(answer.processes.isEmpty ? "will be" : "is") protected with the score \(score)"
      } else {
        answer.rule == nil ? "is no longer protected" : "is still protected"
      }
    let done = answer.score == nil ? "removed" : "written"
    let files = answer.files.map { "  \(done): \($0)" }
    return (["\(answer.unit) \(what)"] + files).map { $0.shown(in: appearance) } + processes
      + answer.notes.map { "! \($0)".shown(in: appearance) }
  }

  private var processes: [String] {
    guard !answer.processes.isEmpty else { return [] }
    var table = Table([
      .init("PID", isRightAligned: true), .init("COMM", canShrink: true),
      .init("SCORE", isRightAligned: true),
      .init("BASE", isRightAligned: true), .init("STATE"),
    ])
    table.rows = answer.processes.map { process in
      [
        .init("\(process.pid)"), .init(process.comm), .init(process.score.map { "\($0)" } ?? "-"),
        .init(process.base.map { "\($0)" } ?? "-"),
        .init(process.state?.rawValue ?? "given back", process.state.flatMap { $0.colour }),
      ]
    }
    return table.lines(in: appearance, indent: 2)
  }
}
