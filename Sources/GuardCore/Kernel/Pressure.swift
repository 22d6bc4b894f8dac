/// One pressure file of the kernel: how much time was lost waiting for memory.
///
/// Source: Documentation/accounting/psi.rst, kernel/sched/psi.c: psi_show. Since Linux 4.20.
package struct Pressure: Equatable, Sendable {
  /// Shares are whole hundredths of a percent, as the kernel prints them: 0…10000.
  package struct Line: Equatable, Sendable {
    package var avg10, avg60, avg300: Int
    /// Stall time since boot, in microseconds.
    package var totalMicroseconds: UInt64

    package init(avg10: Int, avg60: Int, avg300: Int, totalMicroseconds: UInt64) {
      (self.avg10, self.avg60, self.avg300) = (avg10, avg60, avg300)
      self.totalMicroseconds = totalMicroseconds
    }
  }

  /// At least one task waited.
  package var some: Line
  /// All tasks that were not idle waited; not every file has it.
  package var full: Line?

  package init(some: Line, full: Line? = nil) { (self.some, self.full) = (some, full) }

  /// - Throws: ``KernelTextError`` naming the first field that is absent or no number.
  package init(_ text: [UInt8]) throws(KernelTextError) {
    var some: Line?
    var full: Line?
    for line in text.split(separator: UInt8(ascii: "\n")) {
      if line.starts(with: "some ") {
        some = try Self.line(line.dropFirst(5))
      } else if line.starts(with: "full ") {
        full = try Self.line(line.dropFirst(5))
      }
    }
    guard let some else { throw .init(missing: "some") }
    (self.some, self.full) = (some, full)
  }

  private static func line(_ text: ArraySlice<UInt8>) throws(KernelTextError) -> Line {
    let words = text.split { $0.isBlank }
    func value(_ key: StaticString) -> ArraySlice<UInt8>? {
      words.first { $0.starts(with: key) }.map { $0.dropFirst(key.utf8CodeUnitCount) }
    }
    guard let avg10 = value("avg10=").flatMap(hundredths) else { throw .init(missing: "avg10") }
    guard let avg60 = value("avg60=").flatMap(hundredths) else { throw .init(missing: "avg60") }
    guard let avg300 = value("avg300=").flatMap(hundredths) else { throw .init(missing: "avg300") }
    guard let total = value("total=").flatMap({ UInt64(ascii: $0) }) else { throw .init(missing: "total") }
    return Line(avg10: avg10, avg60: avg60, avg300: avg300, totalMicroseconds: total)
  }

  /// `12.34` as 1234; the kernel always prints two decimals.
  private static func hundredths(_ text: ArraySlice<UInt8>) -> Int? {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].count == 2, let whole = UInt16(ascii: parts[0]),
      let rest = UInt8(ascii: parts[1])
    else { return nil }
    return Int(whole) * 100 + Int(rest)
  }
}
