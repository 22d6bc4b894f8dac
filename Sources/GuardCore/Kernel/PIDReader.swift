/// Reads a list of processes, one a line, that comes in pieces of any size. See `cgroup.procs` in cgroups(7).
package struct PIDReader: Sendable {
  /// Of the line that is being read, as far as it came; `nil` where that is no number.
  private var number: Int32? = 0

  package init() {}

  /// Adds the processes whose line ends in `piece`.
  ///
  /// 0 stands for a process outside this pid namespace and is left out, as is a line that is no number.
  package mutating func read(_ piece: ArraySlice<UInt8>, into pids: inout [Int32]) {
    for byte in piece {
      if byte == UInt8(ascii: "\n") {
        end(into: &pids)
      } else if let known = number, byte.isDigit {
        let (scaled, overflowed) = known.multipliedReportingOverflow(by: 10)
        let (next, carried) = scaled.addingReportingOverflow(Int32(byte - UInt8(ascii: "0")))
        number = overflowed || carried ? nil : next
      } else {
        number = nil
      }
    }
  }

  /// The list has ended: its last line need not have.
  package mutating func end(into pids: inout [Int32]) {
    if let number, number > 0 { pids.append(number) }
    number = 0
  }
}
