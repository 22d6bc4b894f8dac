/// A value of `/proc/<pid>/oom_score_adj`: -1000 (never killed) to 1000 (killed first).
/// Source: proc_pid_oom_score_adj(5), include/uapi/linux/oom.h.
package struct OOMScoreAdj: Hashable, Comparable, Sendable {
  package let value: Int16

  package static let immune = OOMScoreAdj(unchecked: -1000)
  /// The strongest protection short of immunity: such a process is still killed when nothing else is left.
  package static let lastResort = OOMScoreAdj(unchecked: -999)
  package static let zero = OOMScoreAdj(unchecked: 0)
  package static let range = -1000...1000

  private init(unchecked value: Int16) { self.value = value }

  /// `nil` outside -1000…1000: the kernel answers EINVAL to such a write.
  package init?(_ value: Int) {
    guard Self.range.contains(value) else { return nil }
    self.value = Int16(value)
  }

  package static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

extension OOMScoreAdj: CustomStringConvertible {
  package var description: String { "\(value)" }
}

extension OOMScoreAdj {
  /// The score that the kernel makes of the historical `oom_adj`, -17…15; `nil` outside it.
  /// Source: fs/proc/base.c, oom_adj_write().
  package init?(oomAdj: Int) {
    guard (-17...15).contains(oomAdj) else { return nil }
    self.init(oomAdj == 15 ? 1000 : oomAdj * 1000 / 17)
  }
}
