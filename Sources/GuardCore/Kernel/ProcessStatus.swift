/// What oomguard needs of `/proc/<pid>/status`. Sizes are KiB; `nil` where the process has no memory of its own
/// (a kernel thread, a process that has ended) or the kernel does not say. Source: proc_pid_status(5).
package struct ProcessStatus: Equatable, Sendable {
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
  /// A set of bits, `1 << CAP_…`; since Linux 2.2.
  package var effectiveCapabilities: UInt64?

  package init(_ text: [UInt8]) {
    // The name may hold anything but a newline, which is printed as `\n`: no line can be imitated.
    let fields = KernelFields(text[...])
    totalVMKB = fields["VmSize"]
    rssKB = fields["VmRSS"]
    anonRSSKB = fields["RssAnon"]
    fileRSSKB = fields["RssFile"]
    shmemRSSKB = fields["RssShmem"]
    swapKB = fields["VmSwap"]
    pgtablesKB = fields["VmPTE"]
    lockedKB = fields["VmLck"]
    threadGroupID = fields["Tgid"].flatMap { Int32(exactly: $0) }
    for line in text.split(separator: UInt8(ascii: "\n")) {
      if effectiveUID == nil, line.starts(with: "Uid:") {
        let uids = line.dropFirst(4).split { $0.isBlank }
        effectiveUID = uids.count > 1 ? UInt32(ascii: uids[1]) : nil
      } else if effectiveCapabilities == nil, line.starts(with: "CapEff:") {
        effectiveCapabilities = UInt64(line.dropFirst(7).trimmed.printable, radix: 16)
      }
    }
  }
}
