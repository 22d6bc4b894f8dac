internal import Glibc
package import GuardCore

// The machine-wide figures the daemon and the client ask for again and again. Each is `nil` where the
// kernel does not tell it.
extension RootDirectory {
  package var pressure: Pressure? { (try? read(pressurePath)).flatMap { try? Pressure($0) } }

  /// Where the stalls of all tasks are told: of the machine, or, where a cgroup is all there is to see (it has a
  /// limit, which the machine's own root never has), of that one: in a container /proc tells of the host.
  package var pressurePath: String {
    exists("/sys/fs/cgroup/memory.max") ? "/sys/fs/cgroup/memory.pressure" : "/proc/pressure/memory"
  }

  /// How much memory is left here.
  package var headroom: Headroom? { memory.map { Headroom($0, limit: outermostLimit) } }

  /// The limit of the outermost cgroup that can be seen; `nil` on the machine itself, whose root has none.
  private var outermostLimit: CgroupLimit? {
    func text(_ path: String) -> [UInt8] { (try? read(path)) ?? [] }
    let (v2, v1) = ("/sys/fs/cgroup", "/sys/fs/cgroup/memory")
    return CgroupLimit(
      limit: text("\(v2)/memory.max"), used: text("\(v2)/memory.current"), stat: text("\(v2)/memory.stat"),
      swapMax: text("\(v2)/memory.swap.max"), swapUsed: text("\(v2)/memory.swap.current"))
      ?? CgroupLimit(
        limit: text("\(v1)/memory.limit_in_bytes"), used: text("\(v1)/memory.usage_in_bytes"),
        stat: text("\(v1)/memory.stat"), bothMax: text("\(v1)/memory.memsw.limit_in_bytes"),
        bothUsed: text("\(v1)/memory.memsw.usage_in_bytes"))
  }

  package var memoryCounters: VMStat? { (try? read("/proc/vmstat")).map { VMStat($0) } }

  /// The boot's id, in hexadecimal with dashes; empty where the kernel has none.
  ///
  /// - Throws: EIO where the file is there and says nothing: to another id, what a daemon left would be another boot's.
  package func bootID() throws(SystemCallError) -> [UInt8] {
    let path = "/proc/sys/kernel/random/boot_id"
    let id: [UInt8]
    do throws(SystemCallError) {
      id = try read(path).filter { $0 != UInt8(ascii: "\n") }
    } catch {
      guard error.meansGone else { throw error }
      return []
    }
    guard !id.isEmpty else { throw SystemCallError(call: "read", subject: self.path(path), code: EIO) }
    return id
  }

  package var memory: MemoryInfo? { (try? read("/proc/meminfo")).flatMap { try? MemoryInfo($0) } }

  /// RAM and swap together; 0 where /proc/meminfo cannot be read.
  package var totalMemoryBytes: UInt64 {
    guard let memory else { return 0 }
    return (memory.totalKB &+ (memory.swapTotalKB ?? 0)) &* 1024
  }

  /// `oom_kill` of /proc/vmstat: the kills of this boot, by the kernel's own count; since Linux 4.13.
  package var oomKillCount: UInt64? { (try? read("/proc/vmstat")).flatMap { VMStat.oomKills(in: $0) } }
}
