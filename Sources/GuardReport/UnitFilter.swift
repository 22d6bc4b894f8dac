package import GuardCore
package import GuardStatus

/// `--unit`: a unit's name, or a glob, as systemctl takes them; a slice stands for everything in it.
package struct UnitFilter: Sendable {
  private let glob: Glob

  /// - Throws: ``PatternError``
  package init(_ text: String) throws(PatternError) {
    let glob = try Glob(text, as: .name)
    // A plain name without a type is a service's.
    let isTyped = Self.types.contains { text.hasSuffix($0) }
    self.glob = glob.isLiteral && !isTyped ? try Glob("\(text).service", as: .name) : glob
  }

  private static let types = [
    ".service", ".scope", ".slice", ".socket", ".mount", ".swap", ".target", ".device", ".automount",
    ".timer",
    ".path",
  ]

  package func admits(_ kill: StatusDocument.Kill) -> Bool {
    let cgroup = kill.victim.cgroup.map { CgroupPath($0.utf8) }
    return cgroup?.systemUnits.contains { glob.matches($0) } ?? false
      || kill.victim.unit.map { glob.matches($0.utf8) } ?? false
  }
}
