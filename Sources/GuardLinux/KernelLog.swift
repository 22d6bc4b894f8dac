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

  /// - Throws: ENODEV for something else in its place.
  package init(in root: RootDirectory) throws(SystemCallError) {
    let file = try root.open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_NOCTTY)
    // Containers have links to a terminal there, for programs that insist on one: what is typed there is another's, and
    // once it is hung up it is readable for ever, and empty.
    guard try file.status().kind == .kernelLog else {
      throw SystemCallError(call: "open", subject: file.path, code: ENODEV)
    }
    descriptor = file
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
