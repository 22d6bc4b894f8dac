internal import CLinux
internal import Glibc

/// A UNIX datagram socket that never waits for its reader.
package struct DatagramSocket: ~Copyable {
  package let descriptor: OwnedDescriptor

  package enum Outcome: Equatable, Sendable {
    case sent
    /// The reader's queue is full; try again when the socket is writable.
    case full
  }

  /// - Parameter address: a path, or `@name` for the abstract namespace, as in NOTIFY_SOCKET of sd_notify(3).
  package init(connectedTo address: String) throws(SystemCallError) {
    let kind = CLINUX_SOCK_DGRAM | CLINUX_SOCK_CLOEXEC | CLINUX_SOCK_NONBLOCK
    let number = try SystemCallError.check("socket", address) { socket(AF_UNIX, kind, 0) }
    let opened = OwnedDescriptor(number: number, path: address)
    var path = address.utf8.map { CChar(bitPattern: $0) }
    if address.utf8.first == UInt8(ascii: "@") { path[0] = 0 }
    _ = try SystemCallError.check("connect", address) { unsafe clinux_connect_unix(number, path, path.count) }
    // A journal entry with a kernel report is larger than the usual buffer has to hold twice.
    var size: CInt = 1 << 20
    unsafe setsockopt(number, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<CInt>.size))
    descriptor = opened
  }

  package borrowing func send(_ datagram: [UInt8]) throws(SystemCallError) -> Outcome {
    do throws(SystemCallError) {
      _ = try SystemCallError.check("send", descriptor.path) {
        unsafe Glibc.send(
          descriptor.number, datagram, datagram.count, CLINUX_MSG_NOSIGNAL | CLINUX_MSG_DONTWAIT)
      }
      return .sent
    } catch {
      // ENOBUFS: too much of ours is in flight already.
      if error.code == EAGAIN || error.code == ENOBUFS { return .full }
      throw error
    }
  }
}
