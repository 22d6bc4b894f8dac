/// One thing `oomguardctl check` has found: what it means and how it is mended.
package struct Finding: Equatable, Sendable, Encodable {
  package enum Severity: String, Sendable, Encodable, Comparable, CaseIterable {
    /// Worth knowing.
    case info
    /// Memory, or protection, works worse than its owner thinks.
    case warning
    /// The machine may go down, or what is protected with it.
    case danger

    package static func < (left: Self, right: Self) -> Bool {
      (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
  }

  /// Fixed for ever, for scripts: `panic-on-oom`.
  package var id: String
  package var severity: Severity
  /// What it is about: a setting, a unit, a process.
  package var subject: String
  /// One sentence.
  package var message: String
  /// A command, where one mends it.
  package var remedy: String
  /// Where it is documented: a file of the kernel's documentation, or a manual page.
  package var source: String

  package init(
    _ id: String, _ severity: Severity, _ subject: String, _ message: String, remedy: String, source: String
  ) {
    (self.id, self.severity, self.subject, self.message) = (id, severity, subject, message)
    (self.remedy, self.source) = (remedy, source)
  }
}
