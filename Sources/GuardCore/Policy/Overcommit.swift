/// Whether the kernel lets processes have memory that may not be there: `/proc/sys/vm/overcommit_memory` and what
/// belongs to it. Sizes in KiB. Source: mm/util.c, __vm_enough_memory(), as it is since Linux 5.2;
/// Documentation/mm/overcommit-accounting.rst.
package struct Overcommit: Equatable, Sendable {
  package enum Mode: Int, Sendable {
    /// Refuses only what is larger than the machine.
    case guess = 0
    /// Refuses nothing.
    case always = 1
    /// Refuses what goes beyond the commit limit.
    case never = 2
  }
  package var mode: Mode
  /// RAM and swap.
  package var totalKB: UInt64
  /// CommitLimit and Committed_AS of /proc/meminfo.
  package var commitLimitKB, committedKB: UInt64?
  /// `admin_reserve_kbytes`, kept back from all but root; `user_reserve_kbytes`, kept back from large processes.
  package var adminReserveKB, userReserveKB: UInt64

  package init(
    mode: Mode, totalKB: UInt64, commitLimitKB: UInt64? = nil, committedKB: UInt64? = nil,
    adminReserveKB: UInt64 = 0, userReserveKB: UInt64 = 0
  ) {
    (self.mode, self.totalKB) = (mode, totalKB)
    (self.commitLimitKB, self.committedKB) = (commitLimitKB, committedKB)
    (self.adminReserveKB, self.userReserveKB) = (adminReserveKB, userReserveKB)
  }

  /// What a process would be charged once more if it forked; in KiB.
  package struct Charge: Equatable, Sendable {
    package var totalKB, largestMappingKB: UInt64
    /// It may be less: only the process's whole size could be read.
    package var isUpperBound: Bool

    package init(totalKB: UInt64, largestMappingKB: UInt64, isUpperBound: Bool = false) {
      (self.totalKB, self.largestMappingKB) = (totalKB, largestMappingKB)
      self.isUpperBound = isUpperBound
    }
  }

  /// How much more a process may be charged; `nil` where nothing limits it or the limit is not known.
  ///
  /// - Parameters:
  ///   - sizeKB: of all its mappings, VmSize.
  ///   - isPrivileged: whether it has CAP_SYS_ADMIN.
  package func roomKB(sizeKB: UInt64, isPrivileged: Bool) -> UInt64? {
    switch mode {
    case .always: return nil
    case .guess: return totalKB
    case .never:
      guard let commitLimitKB, let committedKB else { return nil }
      var taken = committedKB
      for reserve in [isPrivileged ? 0 : adminReserveKB, min(sizeKB / 32, userReserveKB)] {
        let (sum, overflowed) = taken.addingReportingOverflow(reserve)
        taken = overflowed ? .max : sum
      }
      return commitLimitKB > taken ? commitLimitKB - taken : 0
    }
  }

  /// Whether a fork that costs `charge` would be let through; `nil` where that cannot be told.
  package func allows(_ charge: Charge, sizeKB: UInt64, isPrivileged: Bool) -> Bool? {
    if mode == .always || charge.totalKB == 0 { return true }
    guard let room = roomKB(sizeKB: sizeKB, isPrivileged: isPrivileged) else { return nil }
    // Each mapping is asked for by itself: the guess looks at that one alone, the limit at all so far.
    let fits = mode == .guess ? charge.largestMappingKB <= room : charge.totalKB < room
    return fits ? true : charge.isUpperBound ? nil : false
  }
}
