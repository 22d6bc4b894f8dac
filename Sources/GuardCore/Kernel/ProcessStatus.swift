/// What oomguard needs of `/proc/<pid>/status`. Sizes are KiB; `nil` where the process has no memory of its own
/// (a kernel thread, a process that has ended) or the kernel does not say. Source: proc_pid_status(5),
/// fs/proc/array.c: proc_pid_status().
package struct ProcessStatus: Equatable, Sendable {
  /// As the kernel keeps it, its escapes undone; since Linux 2.0.
  package var comm: [UInt8]?
  /// The process's id, also where the text is of one of its threads.
  package var threadGroupID: Int32?
  /// The effective one: the second number of `Uid:`.
  package var effectiveUID: UInt32?
  package var totalVMKB, rssKB, anonRSSKB, fileRSSKB, shmemRSSKB: UInt64?
  /// Since Linux 2.6.34.
  package var swapKB: UInt64?
  /// Page tables; since Linux 2.6.10.
  package var pgtablesKB: UInt64?
  /// Since Linux 2.6.0.
  package var lockedKB: UInt64?
  /// Since Linux 2.6.
  package var threadCount: UInt64?
  /// A set of bits, `1 << CAP_…`; since Linux 2.2.
  package var effectiveCapabilities: UInt64?

  package init(_ text: [UInt8]) {
    // The name may hold anything but a newline, which is printed as `\n`: no line can be imitated.
    var start = 0
    while start < text.count {
      let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.endIndex
      read(text[start..<end])
      start = end + 1
    }
  }

  /// Lines are told apart by their first letter before anything is compared: there are sixty of them, and
  /// thousands of processes.
  private mutating func read(_ line: ArraySlice<UInt8>) {
    switch line.first {
    case UInt8(ascii: "V"):
      if let value = Self.number("VmSize:", in: line) { totalVMKB = value }
      if let value = Self.number("VmLck:", in: line) { lockedKB = value }
      if let value = Self.number("VmRSS:", in: line) { rssKB = value }
      if let value = Self.number("VmPTE:", in: line) { pgtablesKB = value }
      if let value = Self.number("VmSwap:", in: line) { swapKB = value }
    case UInt8(ascii: "R"):
      if let value = Self.number("RssAnon:", in: line) { anonRSSKB = value }
      if let value = Self.number("RssFile:", in: line) { fileRSSKB = value }
      if let value = Self.number("RssShmem:", in: line) { shmemRSSKB = value }
    case UInt8(ascii: "T"):
      if let value = Self.number("Tgid:", in: line) { threadGroupID = Int32(exactly: value) }
      if let value = Self.number("Threads:", in: line) { threadCount = value }
    case UInt8(ascii: "N"):
      if line.starts(with: "Name:\t") { comm = Self.unescaped(line.dropFirst("Name:\t".utf8.count)) }
    case UInt8(ascii: "U"):
      guard line.starts(with: "Uid:") else { return }
      let uids = line.dropFirst(4).split { $0.isBlank }
      effectiveUID = uids.count > 1 ? UInt32(ascii: uids[1]) : nil
    case UInt8(ascii: "C"):
      guard line.starts(with: "CapEff:") else { return }
      effectiveCapabilities = UInt64(line.dropFirst(7).trimmed.printable, radix: 16)
    default: break
    }
  }

  /// The first number behind `name`; `nil` in another line.
  private static func number(_ name: StaticString, in line: ArraySlice<UInt8>) -> UInt64? {
    guard line.matches(name, at: line.startIndex) else { return nil }
    let rest = line[(line.startIndex + name.utf8CodeUnitCount)...].drop { $0.isBlank }
    return UInt64(ascii: rest.prefix { !$0.isBlank })
  }

  private static func unescaped(_ name: ArraySlice<UInt8>) -> [UInt8] {
    let backslash = UInt8(ascii: "\\")
    guard name.contains(backslash) else { return Array(name) }
    var (text, rest): ([UInt8], ArraySlice<UInt8>) = ([], name)
    while let byte = rest.popFirst() {
      guard byte == backslash, let next = rest.popFirst() else {
        text.append(byte)
        continue
      }
      text.append(next == UInt8(ascii: "n") ? UInt8(ascii: "\n") : next)
    }
    return text
  }
}
