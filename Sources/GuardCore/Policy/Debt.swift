/// What oomguard owes a process: its base, for as long as it carries what oomguard wrote.
package struct Debt: Equatable, Sendable {
  package var base: OOMScoreAdj
  /// What was written last, or was about to be; `nil` where an earlier release noted the base alone.
  package var written: OOMScoreAdj?
  /// What was written before that: noted before the write, the last one may never have been made.
  package var writtenBefore: OOMScoreAdj?

  package init(base: OOMScoreAdj, written: OOMScoreAdj?, writtenBefore: OOMScoreAdj? = nil) {
    (self.base, self.written, self.writtenBefore) = (base, written, writtenBefore)
  }
}
