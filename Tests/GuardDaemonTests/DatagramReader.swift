import Foundation

/// A real UNIX datagram socket that reads when it is told to, in place of the service manager or the journal.
final class DatagramReader {
  private let number: CInt
  let path: String

  init(at path: String) throws {
    self.path = path
    number = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
    guard try unsafe Self.with(path, { unsafe bind(number, $0, $1) }) == 0 else { throw Self.failure }
  }

  deinit { close(number) }

  /// The next datagram; `nil` if none comes for as long as anybody has patience.
  func next() -> [UInt8]? {
    var ready = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&ready, 1, 60_000) == 1 else { return nil }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    let count = unsafe recv(number, &buffer, buffer.count, 0)
    return count >= 0 ? Array(buffer.prefix(count)) : nil
  }

  func nextText() -> String? { next().map { String(decoding: $0, as: UTF8.self) } }

  /// Whether a datagram waits now.
  var hasNext: Bool {
    var ready = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&ready, 1, 0) == 1
  }

  /// Fills its queue, so that nothing more gets in until somebody reads.
  func fill() throws {
    let sender = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
    defer { close(sender) }
    guard try unsafe Self.with(path, { unsafe connect(sender, $0, $1) }) == 0 else { throw Self.failure }
    while unsafe send(sender, "x", 1, CInt(MSG_DONTWAIT)) == 1 {}
    guard errno == EAGAIN else { throw Self.failure }
  }

  private static var failure: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }

  private static func with(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
  ) throws -> CInt {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let size = MemoryLayout.size(ofValue: address.sun_path)
    guard path.utf8.count < size else { throw POSIXError(.ENAMETOOLONG) }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    return unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
