internal import GuardCore

/// `UNIT=SCORE`: a change that is tried without being made. It means every process of the unit.
package struct WhatIf: Equatable, Sendable {
  /// As it was given, with its kind.
  package let unit: String
  let score: OOMScoreAdj
  private let glob: Glob

  /// - Throws: a ``Refusal`` that says how to write it.
  package init(_ text: String) throws(Refusal) {
    let form = "write it as UNIT=SCORE with a score from -1000 to 1000, like nginx.service=-500"
    guard let equals = text.lastIndex(of: "="), equals != text.startIndex,
      let score = Int(text[text.index(after: equals)...]).flatMap({ OOMScoreAdj($0) })
    else { throw Refusal(.usage, "'\(text)' is no change to try; \(form)") }
    unit = UnitName.completed(String(text[..<equals]))
    self.score = score
    do throws(PatternError) {
      glob = try Glob(unit, as: .name)
    } catch {
      throw Refusal(.usage, "'\(unit)' is no name of a unit: \(error.message)")
    }
  }

  /// Whether the processes of `cgroup` belong to it, as they would to a rule with this `unit`.
  func means(_ cgroup: CgroupPath) -> Bool { cgroup.systemUnits.contains { glob.matches($0) } }
}
