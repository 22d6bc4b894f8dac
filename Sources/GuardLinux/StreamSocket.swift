internal import CLinux
internal import Glibc

/// One end of a UNIX stream connection; never waits for the other.
package final class StreamSocket {
  package let descriptor: OwnedDescriptor

  init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

  package enum Reading: Equatable, Sendable {
    case bytes([UInt8])
    case nothingYet
    /// The other end sends no more, or is gone.
    case end
  }

  package func read(atMost limit: Int) -> Reading {
    do throws(SystemCallError) {
      guard let bytes = try descriptor.read(atMost: limit) else { return .nothingYet }
      return bytes.isEmpty ? .end : .bytes(bytes)
    } catch {
      return .end
    }
  }

  /// - Returns: how many of the bytes the other end's queue took; `nil` if it is gone.
  package func send(_ bytes: ArraySlice<UInt8>) -> Int? {
    do throws(SystemCallError) {
      return try SystemCallError.check("send", descriptor.path) {
        unsafe bytes.withUnsafeBytes {
          unsafe Glibc.send(
            descriptor.number, $0.baseAddress, $0.count, CLINUX_MSG_NOSIGNAL | CLINUX_MSG_DONTWAIT)
        }
      }
    } catch {
      return error.code == EAGAIN ? 0 : nil
    }
  }
}

/// A UNIX stream socket to which clients connect.
package final class ListeningSocket {
  package let descriptor: OwnedDescriptor

  /// One that the service manager opened and handed over; see sd_listen_fds(3).
  package init(inherited number: CInt) throws(SystemCallError) {
    descriptor = OwnedDescriptor(number: number, path: "listening socket")
    let flags = try SystemCallError.check("fcntl", descriptor.path) { fcntl(number, F_GETFL) }
    _ = try SystemCallError.check("fcntl", descriptor.path) { fcntl(number, F_SETFL, flags | O_NONBLOCK) }
  }

  /// A new one in the file system, for whoever starts the service by hand.
  ///
  /// - Throws: EADDRINUSE if there is a file of that name.
  package init(boundTo path: String) throws(SystemCallError) {
    let kind = CLINUX_SOCK_STREAM | CLINUX_SOCK_CLOEXEC | CLINUX_SOCK_NONBLOCK
    let number = try SystemCallError.check("socket", path) { socket(AF_UNIX, kind, 0) }
    descriptor = OwnedDescriptor(number: number, path: path)
    let name = path.utf8.map { CChar(bitPattern: $0) }
    _ = try SystemCallError.check("bind", path) { unsafe clinux_bind_unix(number, name, name.count) }
    _ = try SystemCallError.check("listen", path) { listen(number, 128) }
  }

  /// The next client; `nil` when none waits.
  package func accept() throws(SystemCallError) -> StreamSocket? {
    while true {
      do throws(SystemCallError) {
        let number = try SystemCallError.check("accept", descriptor.path) { clinux_accept(descriptor.number) }
        return StreamSocket(OwnedDescriptor(number: number, path: "client"))
      } catch {
        if error.code == EAGAIN { return nil }
        // One that gave up before its turn.
        guard error.code == ECONNABORTED else { throw error }
      }
    }
  }
}
