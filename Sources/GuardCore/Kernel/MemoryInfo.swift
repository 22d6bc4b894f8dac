/// `/proc/meminfo`, in KiB. What a kernel does not print is `nil`. Source: proc_meminfo(5).
package struct MemoryInfo: Equatable, Sendable {
  package var totalKB: UInt64
  package var freeKB: UInt64?
  /// What new processes could get without swapping; since Linux 3.14.
  package var availableKB: UInt64?
  package var buffersKB, cachedKB, swapCachedKB: UInt64?
  package var swapTotalKB, swapFreeKB: UInt64?
  package var activeAnonKB, inactiveAnonKB, activeFileKB, inactiveFileKB: UInt64?
  package var unevictableKB, lockedKB: UInt64?
  package var dirtyKB, writebackKB: UInt64?
  package var anonymousKB, mappedKB: UInt64?
  /// Shared memory and tmpfs; since Linux 2.6.32.
  package var shmemKB: UInt64?
  package var slabReclaimableKB, slabUnreclaimableKB: UInt64?
  /// What the kernel gives back when asked, ``slabReclaimableKB`` included; since Linux 4.20.
  package var kernelReclaimableKB: UInt64?
  package var kernelStackKB, pageTablesKB: UInt64?
  /// Since Linux 6.0.
  package var secondaryPageTablesKB: UInt64?
  package var vmallocUsedKB, perCPUKB: UInt64?
  /// All huge pages of every size; since Linux 4.16.
  package var hugetlbKB: UInt64?
  /// Huge pages of the size a program gets that names none, which is the last of these.
  package var hugePagesTotal, hugePagesFree, hugePageSizeKB: UInt64?
  /// What compressed swapped pages take in RAM; since Linux 5.19.
  package var zswapKB: UInt64?
  /// The most that may be committed under `overcommit_memory=2`, and what is.
  package var commitLimitKB, committedKB: UInt64?

  /// - Throws: ``KernelTextError`` if not even the total is there.
  package init(_ text: [UInt8]) throws(KernelTextError) {
    let fields = KernelFields(text[...])
    guard let total = fields["MemTotal"], total > 0 else { throw .init(missing: "MemTotal") }
    totalKB = total
    freeKB = fields["MemFree"]
    availableKB = fields["MemAvailable"]
    buffersKB = fields["Buffers"]
    cachedKB = fields["Cached"]
    swapCachedKB = fields["SwapCached"]
    swapTotalKB = fields["SwapTotal"]
    swapFreeKB = fields["SwapFree"]
    activeAnonKB = fields["Active(anon)"]
    inactiveAnonKB = fields["Inactive(anon)"]
    activeFileKB = fields["Active(file)"]
    inactiveFileKB = fields["Inactive(file)"]
    unevictableKB = fields["Unevictable"]
    lockedKB = fields["Mlocked"]
    dirtyKB = fields["Dirty"]
    writebackKB = fields["Writeback"]
    anonymousKB = fields["AnonPages"]
    mappedKB = fields["Mapped"]
    shmemKB = fields["Shmem"]
    slabReclaimableKB = fields["SReclaimable"]
    slabUnreclaimableKB = fields["SUnreclaim"]
    kernelReclaimableKB = fields["KReclaimable"]
    kernelStackKB = fields["KernelStack"]
    pageTablesKB = fields["PageTables"]
    secondaryPageTablesKB = fields["SecPageTables"]
    vmallocUsedKB = fields["VmallocUsed"]
    perCPUKB = fields["Percpu"]
    hugetlbKB = fields["Hugetlb"]
    hugePagesTotal = fields["HugePages_Total"]
    hugePagesFree = fields["HugePages_Free"]
    hugePageSizeKB = fields["Hugepagesize"]
    zswapKB = fields["Zswap"]
    commitLimitKB = fields["CommitLimit"]
    committedKB = fields["Committed_AS"]
  }
}

extension MemoryInfo {
  /// MemAvailable in hundredths of a percent of MemTotal.
  package var availableHundredths: Int? {
    guard let availableKB else { return nil }
    // At most the whole, so the quotient is at most 10,000 and the division cannot overflow.
    return Int(totalKB.dividingFullWidth(min(availableKB, totalKB).multipliedFullWidth(by: 10_000)).quotient)
  }
}
