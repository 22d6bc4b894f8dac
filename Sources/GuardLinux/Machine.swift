internal import Glibc

/// What is fixed while the kernel runs.
package enum Machine {
  /// 4096, or 16 or 64 KiB on some arm64 and ppc64. See sysconf(3).
  package static var pageBytes: Int { sysconf(Int32(_SC_PAGESIZE)) }
  /// How many of the kernel's clock ticks make a second, in which it tells when a process started.
  package static var ticksPerSecond: Int { sysconf(Int32(_SC_CLK_TCK)) }
}
