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
  static func withoutSysResource<Result: ~Copyable>(
    _ body: () throws(SystemCallError) -> Result
  ) throws(SystemCallError) -> Result {
    let before = try effective()
    guard before & sysResource != 0 else { return try body() }
    try setEffective(before & ~sysResource)
    let result: Result
    do throws(SystemCallError) {
      result = try body()
    } catch {
      try setEffective(before)
      throw error
    }
    try setEffective(before)
    return result
  }

  private static func setEffective(_ set: UInt64) throws(SystemCallError) {
    _ = try SystemCallError.check("capset", "own capabilities") { clinux_set_effective_capabilities(set) }
  }
}
