internal import Glibc

/// What is fixed while the kernel runs.
package enum Machine {
  /// 4096, or 16 or 64 KiB on some arm64 and ppc64. See sysconf(3).
  package static var pageBytes: Int { sysconf(Int32(_SC_PAGESIZE)) }
}
