/// The mappings of a process that fork has to pay for once more, from the text of `/proc/<pid>/smaps`, which is
/// long: feed it in pieces of any size.
///
/// These are the ones the kernel has charged (VM_ACCOUNT, `ac` among the `VmFlags:`, since Linux 3.8), unless
/// the child gets no copy (`dc`). Source: kernel/fork.c: dup_mmap; proc_pid_smaps(5).
package struct AccountedMappings: Sendable {
  /// All of them, in KiB.
  package private(set) var totalKB: UInt64 = 0
  /// The largest single one, in KiB.
  package private(set) var largestKB: UInt64 = 0
  /// Whether flags were seen at all; without them the sums mean nothing.
  package private(set) var hasFlags = false

  private var lines = LineAssembler()
  private var sizeKB: UInt64?

  package init() {}

  package mutating func read(_ piece: ArraySlice<UInt8>) {
    // Taken out while it is read from, since each line changes the rest of this.
    var lines = LineAssembler()
    swap(&lines, &self.lines)
    lines.read(piece) { readLine($0) }
    swap(&lines, &self.lines)
  }

  /// A path stands at the end of a mapping's first line, with newlines escaped: none can imitate a field.
  private mutating func readLine(_ line: ArraySlice<UInt8>) {
    if line.starts(with: "Size:") {
      sizeKB = line.dropFirst(5).split { $0.isBlank }.first.flatMap { UInt64(ascii: $0) }
    } else if line.starts(with: "VmFlags:") {
      hasFlags = true
      let flags = line.dropFirst(8).split { $0.isBlank }
      if let sizeKB, flags.contains(where: { $0.equals("ac") }), !flags.contains(where: { $0.equals("dc") }) {
        let (sum, overflowed) = totalKB.addingReportingOverflow(sizeKB)
        totalKB = overflowed ? .max : sum
        largestKB = max(largestKB, sizeKB)
      }
      sizeKB = nil
    }
  }
}
