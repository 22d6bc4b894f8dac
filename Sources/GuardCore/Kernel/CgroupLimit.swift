/// A memory cgroup's own limit, and how much of it is taken. Sizes are bytes.
///
/// Sources: Documentation/admin-guide/cgroup-v2.rst, memory.max and memory.current; cgroup-v1/memory.rst,
/// memory.limit_in_bytes and memory.usage_in_bytes.
package struct CgroupLimit: Equatable, Sendable {
  package var limitBytes, usedBytes: UInt64
  /// Of what is taken, the file cache that nobody used lately: it is given back first.
  package var inactiveFileBytes: UInt64
  /// Swap that the cgroup may still take; `nil` where it has no limit of its own for that.
  package var swapLeftBytes: UInt64?

  package init(
    limitBytes: UInt64, usedBytes: UInt64, inactiveFileBytes: UInt64 = 0, swapLeftBytes: UInt64? = nil
  ) {
    (self.limitBytes, self.usedBytes) = (limitBytes, usedBytes)
    (self.inactiveFileBytes, self.swapLeftBytes) = (inactiveFileBytes, swapLeftBytes)
  }

  /// The texts of the kernel's files; `nil` where there is no limit, or no saying how much is taken.
  ///
  /// - Parameters:
  ///   - swapMax, swapUsed: of v2, which limits swap by itself.
  ///   - bothMax, bothUsed: of v1, which limits memory and swap together (memory.memsw.*).
  package init?(
    limit: [UInt8], used: [UInt8], stat: [UInt8] = [], swapMax: [UInt8] = [], swapUsed: [UInt8] = [],
    bothMax: [UInt8] = [], bothUsed: [UInt8] = []
  ) {
    func number(_ text: [UInt8]) -> UInt64? { UInt64(ascii: text.prefix { $0 != UInt8(ascii: "\n") }) }
    func rest(of all: UInt64, without part: UInt64) -> UInt64 { all > part ? all - part : 0 }
    guard let limit = number(limit), let used = number(used) else { return nil }
    let fields = KernelFields(stat[...])
    var swapLeft: UInt64?
    if let all = number(swapMax), let taken = number(swapUsed) {
      swapLeft = rest(of: all, without: taken)
    } else if let all = number(bothMax), let taken = number(bothUsed) {
      // What is left of both once the memory is used up.
      swapLeft = rest(of: rest(of: all, without: taken), without: rest(of: limit, without: used))
    }
    self.init(
      limitBytes: limit, usedBytes: used,
      // v1 tells of the cgroups below under a name of its own.
      inactiveFileBytes: fields["total_inactive_file"] ?? fields["inactive_file"] ?? 0,
      swapLeftBytes: swapLeft)
  }

  /// What processes in it could still get, in bytes.
  package var availableBytes: UInt64 {
    let pinned = usedBytes > inactiveFileBytes ? usedBytes - inactiveFileBytes : 0
    return limitBytes > pinned ? limitBytes - pinned : 0
  }

  /// What is not taken, in hundredths of a percent of the limit. Cache counts as taken: where a limit makes tasks
  /// wait, it is because the cache they need does not fit.
  package var freeHundredths: Int {
    guard limitBytes > 0 else { return 0 }
    let free = limitBytes > usedBytes ? limitBytes - usedBytes : 0
    return Int(limitBytes.dividingFullWidth(free.multipliedFullWidth(by: 10_000)).quotient)
  }
}
