import Foundation

/// A UNIX datagram socket that receives only when the test says so.
package final class BoundSocket {
  private let number: CInt
  private let path: String?

  /// - Parameter path: at most 107 bytes; a socket file that is already there is replaced.
  package convenience init(_ path: String) throws {
    unsafe unlink(path)
    try self.init(name: Array(path.utf8) + [0], path: path)
  }

  /// In the abstract namespace: the name without the `@` it is written with.
  package convenience init(abstract name: String) throws { try self.init(name: [0] + name.utf8, path: nil) }

  private init(name: [UInt8], path: String?) throws {
    self.path = path
    number = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard name.count <= room else { throw POSIXError(.ENAMETOOLONG) }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size - room + name.count)
    let bound = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(number, $0, length) }
    }
    guard bound == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EINVAL) }
  }

  deinit {
    close(number)
    if let path { unsafe unlink(path) }
  }

  /// The next datagram; `nil` when none waits.
  package func receive() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    let count = unsafe recv(number, &buffer, buffer.count, CInt(MSG_DONTWAIT))
    return count < 0 ? nil : Array(buffer.prefix(count))
  }

  /// Everything that waits.
  package func receiveAll() -> [[UInt8]] {
    var all: [[UInt8]] = []
    while let next = receive() { all.append(next) }
    return all
  }
}
