internal import CLinux

/// The daemon's own capabilities. See capabilities(7).
package enum Capabilities {
  private static let sysResource = UInt64(1) << UInt64(CLINUX_CAP_SYS_RESOURCE)

  /// Whether scores may be lowered below what a process has allowed itself, and PSI triggers take any window.
  package static func hasSysResource() throws(SystemCallError) -> Bool { try effective() & sysResource != 0 }

  private static func effective() throws(SystemCallError) -> UInt64 {
    var set: UInt64 = 0
    _ = try SystemCallError.check("capget", "own capabilities") { unsafe clinux_capabilities(&set) }
    return set
  }

  /// Runs `body` with CAP_SYS_RESOURCE out of the effective set. Capabilities belong to the thread; the
  /// daemon has one.
  static func withoutSysResource(_ body: () throws(SystemCallError) -> Void) throws(SystemCallError) {
    let before = try effective()
    guard before & sysResource != 0 else { return try body() }
    try setEffective(before & ~sysResource)
    do throws(SystemCallError) {
      try body()
    } catch {
      try setEffective(before)
      throw error
    }
    try setEffective(before)
  }

  private static func setEffective(_ set: UInt64) throws(SystemCallError) {
    _ = try SystemCallError.check("capset", "own capabilities") { clinux_set_effective_capabilities(set) }
  }
}
