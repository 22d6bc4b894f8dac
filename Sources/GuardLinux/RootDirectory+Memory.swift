package import GuardCore

// The machine-wide figures the daemon and the client ask for again and again. Each is `nil` where the
// kernel does not tell it.
extension RootDirectory {
  package var pressure: Pressure? { (try? read("/proc/pressure/memory")).flatMap { try? Pressure($0) } }

  /// The boot's id, in hexadecimal with dashes; empty where it cannot be read.
  package var bootID: [UInt8] {
    ((try? read("/proc/sys/kernel/random/boot_id")) ?? []).filter { $0 != UInt8(ascii: "\n") }
  }

  package var memory: MemoryInfo? { (try? read("/proc/meminfo")).flatMap { try? MemoryInfo($0) } }

  /// RAM and swap together; 0 where /proc/meminfo cannot be read.
  package var totalMemoryBytes: UInt64 {
    guard let memory else { return 0 }
    return (memory.totalKB &+ (memory.swapTotalKB ?? 0)) &* 1024
  }

  /// `oom_kill` of /proc/vmstat: the kills of this boot, by the kernel's own count; since Linux 4.13.
  package var oomKillCount: UInt64? { (try? read("/proc/vmstat")).flatMap { VMStat($0).oomKills } }
}
