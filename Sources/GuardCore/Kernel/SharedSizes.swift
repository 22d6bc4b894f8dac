/// `/proc/<pid>/smaps_rollup`, in KiB: what of a process's memory is its own and what it shares. Only its owner
/// and root may read it; since Linux 4.14. Source: proc_pid_smaps_rollup(5).
package struct SharedSizes: Equatable, Sendable {
  /// Its resident memory, each shared page divided by the number of its users.
  package var pssKB: UInt64?
  /// What would be free if it ended: nobody else maps it.
  package var privateKB: UInt64?
  /// Swapped out, shared pages divided as in ``pssKB``.
  package var swapPSSKB: UInt64?
  /// Huge pages of its anonymous memory.
  package var anonHugeKB: UInt64?

  package init(_ text: [UInt8]) {
    let fields = KernelFields(text[...])
    pssKB = fields["Pss"]
    swapPSSKB = fields["SwapPss"]
    anonHugeKB = fields["AnonHugePages"]
    if let clean = fields["Private_Clean"], let dirty = fields["Private_Dirty"] { privateKB = clean &+ dirty }
  }
}
