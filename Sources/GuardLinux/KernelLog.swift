internal import Glibc

/// An open `/dev/kmsg`, read from the oldest record the kernel still holds.
/// Source: Documentation/ABI/testing/dev-kmsg.
package struct KernelLog: ~Copyable {
  package enum Reading: Equatable, Sendable {
    /// One record, to be read by `KmsgRecord`. To be let go before the next is asked for: it is the same memory.
    case record(ArraySlice<UInt8>)
    /// Records were overwritten before they were read; the next one's sequence number tells how many.
    case overrun
  }

  package let descriptor: OwnedDescriptor
  // The kernel's own limit: CONSOLE_EXT_LOG_MAX in kernel/printk/printk.c; less would be EINVAL.
  private var buffer = [UInt8](repeating: 0, count: 8192)

  package init(in root: RootDirectory) throws(SystemCallError) {
    descriptor = try root.open("/dev/kmsg", O_RDONLY | O_NONBLOCK)
  }

  /// The next record; `nil` when all that is there has been read.
  package mutating func next() throws(SystemCallError) -> Reading? {
    do throws(SystemCallError) {
      return try descriptor.read(into: &buffer).map { .record(buffer[..<$0]) }
    } catch {
      if error.code == EPIPE { return .overrun }
      throw error
    }
  }
}
