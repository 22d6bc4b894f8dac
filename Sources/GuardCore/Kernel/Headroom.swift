/// How much memory is left, in KiB: of the machine's, or of what the cgroup that stands for the machine may have.
package struct Headroom: Equatable, Sendable {
  package var totalKB: UInt64
  /// What new processes could get without swapping; `nil` where the kernel does not tell.
  package var availableKB: UInt64?
  package var swapFreeKB: UInt64
  /// Whether the limit of a cgroup counts, since the machine has more than that.
  package var isLimited: Bool

  /// - Parameter limit: of the cgroup that is all the world to those inside, as a container's.
  package init(_ memory: MemoryInfo, limit: CgroupLimit? = nil) {
    (totalKB, availableKB) = (memory.totalKB, memory.availableKB)
    swapFreeKB = memory.swapFreeKB ?? 0
    isLimited = false
    guard let limit, limit.limitBytes / 1024 < totalKB else { return }
    isLimited = true
    totalKB = limit.limitBytes / 1024
    availableKB = min(limit.availableBytes / 1024, availableKB ?? .max)
    if let left = limit.swapLeftBytes { swapFreeKB = min(swapFreeKB, left / 1024) }
  }

  /// In hundredths of a percent of the whole.
  package var availableHundredths: Int? {
    guard let availableKB else { return nil }
    guard totalKB > 0 else { return 0 }
    // At most the whole, so the quotient is at most 10,000 and the division cannot overflow.
    return Int(totalKB.dividingFullWidth(min(availableKB, totalKB).multipliedFullWidth(by: 10_000)).quotient)
  }

  /// What can be taken before nothing is left.
  package var leftKB: UInt64? { availableKB.map { $0 &+ swapFreeKB } }
}
