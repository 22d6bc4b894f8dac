package import GuardCore

extension RootDirectory {
  /// How much memory the kernel promises; `nil` where it does not say.
  package var overcommit: Overcommit? {
    guard
      let mode = number("/proc/sys/vm/overcommit_memory").flatMap({ Int(exactly: $0) })
        .flatMap({ Overcommit.Mode(rawValue: $0) }), let memory
    else { return nil }
    return Overcommit(
      mode: mode, totalKB: memory.totalKB &+ (memory.swapTotalKB ?? 0), commitLimitKB: memory.commitLimitKB,
      committedKB: memory.committedKB, adminReserveKB: number("/proc/sys/vm/admin_reserve_kbytes") ?? 0,
      userReserveKB: number("/proc/sys/vm/user_reserve_kbytes") ?? 0)
  }

  /// A file of one number; `nil` where there is none, or something else in it.
  package func number(_ path: String) -> UInt64? {
    (try? read(path)).flatMap { UInt64(ascii: $0.prefix { $0 != UInt8(ascii: "\n") }) }
  }
}
