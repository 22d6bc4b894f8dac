internal import Glibc
package import GuardCore

/// Wakes the loop when tasks stalled for longer than a threshold within a window.
/// Source: Documentation/accounting/psi.rst, "Monitoring for pressure thresholds".
package struct PressureTrigger: ~Copyable {
  package let descriptor: OwnedDescriptor

  /// - Throws: EINVAL for a window the kernel refuses: outside 500 ms to 10 s or, without
  ///   CAP_SYS_RESOURCE, no multiple of 2 s; EPERM before Linux 6.5 without it; ENOENT or EOPNOTSUPP without PSI.
  package init(_ threshold: PressureSettings.Threshold, in root: RootDirectory) throws(SystemCallError) {
    let opened = try root.open("/proc/pressure/memory", O_RDWR | O_NONBLOCK)
    // The kernel wants the NUL counted.
    try opened.write(
      "\(threshold.kind.rawValue) \(threshold.stallMicroseconds) \(threshold.window.microseconds)\0")
    descriptor = opened
  }
}
