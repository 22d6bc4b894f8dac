internal import Glibc

/// An open `/dev/kmsg`, read from the oldest record the kernel still holds.
/// Source: Documentation/ABI/testing/dev-kmsg.
package struct KernelLog: ~Copyable {
  package enum Reading: Equatable, Sendable {
    /// One record, to be read by `KmsgRecord`.
    case record([UInt8])
    /// Records were overwritten before they were read; the next one's sequence number tells how many.
    case overrun
  }

  package let descriptor: OwnedDescriptor

  package init(in root: RootDirectory) throws(SystemCallError) {
    descriptor = try root.open("/dev/kmsg", O_RDONLY | O_NONBLOCK)
  }

  /// The next record; `nil` when all that is there has been read.
  package borrowing func next() throws(SystemCallError) -> Reading? {
    do throws(SystemCallError) {
      // The kernel's own limit: CONSOLE_EXT_LOG_MAX in kernel/printk/printk.c; less would be EINVAL.
      return try descriptor.read(atMost: 8192).map { .record($0) }
    } catch {
      if error.code == EPIPE { return .overrun }
      throw error
    }
  }
}
