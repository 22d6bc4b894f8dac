internal import CLinux
internal import Glibc
internal import GuardCore

/// The directory that stands for `/`: the machine's own, or a directory shaped like one (`--root`).
///
/// No other type names an absolute path of the machine.
package struct RootDirectory: Sendable {
  /// Without a slash at its end; empty for `/`.
  package let prefix: String

  package init(_ path: String = "/") {
    prefix = String(path.reversed().drop { $0 == "/" }.reversed())
  }

  package var isMachine: Bool { prefix.isEmpty }

  package func path(_ absolute: String) -> String { prefix + absolute }

  func open(_ absolute: String, _ flags: CInt, mode: UInt32 = 0) throws(SystemCallError) -> OwnedDescriptor {
    try .opening(path: path(absolute), flags, mode: mode)
  }

  /// A whole file. Never blocks: a FIFO or a device in its place is refused with EINVAL, a directory with
  /// EISDIR, and a socket by open(2) with ENXIO.
  package func read(_ absolute: String, limit: Int = 1 << 20) throws(SystemCallError) -> [UInt8] {
    try readOwned(absolute, limit: limit).bytes
  }

  /// The same of a file whose size is known, as of all but the kernel's: see ``OwnedDescriptor/readWhole(limit:)``.
  package func readWhole(_ absolute: String, limit: Int) throws(SystemCallError) -> [UInt8] {
    try readOwned(absolute, limit: limit, isWhole: true).bytes
  }

  /// The same, and who owns it.
  package func readOwned(
    _ absolute: String, limit: Int = 1 << 20, isWhole: Bool = false
  ) throws(SystemCallError) -> (bytes: [UInt8], owner: UInt32) {
    let file = try open(absolute, O_RDONLY | O_NONBLOCK | O_NOCTTY)
    let about = try file.status()
    switch about.kind {
    case .regular:
      return (try isWhole ? file.readWhole(limit: limit) : file.readAll(limit: limit), about.ownerUID)
    case .directory: throw SystemCallError(call: "read", subject: path(absolute), code: EISDIR)
    case .null, .kernelLog, .other: throw SystemCallError(call: "read", subject: path(absolute), code: EINVAL)
    }
  }

  package func exists(_ absolute: String) -> Bool { unsafe access(path(absolute), F_OK) == 0 }

  /// The same, told apart from what cannot be looked at.
  func isThere(_ absolute: String) throws(SystemCallError) -> Bool {
    do throws(SystemCallError) {
      _ = try status(of: absolute)
      return true
    } catch {
      guard error.code == ENOENT || error.code == ENOTDIR else { throw error }
      return false
    }
  }

  /// Whether the caller may open it for reading, by its effective ids and access control lists.
  package func mayRead(_ absolute: String) -> Bool {
    do throws(SystemCallError) {
      _ = try open(absolute, O_RDONLY | O_NONBLOCK | O_NOCTTY)
      return true
    } catch {
      return false
    }
  }

  /// stat(2), following links.
  package func status(of absolute: String) throws(SystemCallError) -> FileStatus {
    var about = stat()
    _ = try SystemCallError.check("stat", path(absolute)) { unsafe stat(path(absolute), &about) }
    return FileStatus(about)
  }

  /// stat(2) of a file as PID 1 sees it, following links: our own mount namespace may show another /tmp and no /home.
  ///
  /// Without the right to look through PID 1's eyes (CAP_SYS_PTRACE), as we see it ourselves.
  func hostStatus(of absolute: String) throws(SystemCallError) -> FileStatus {
    do throws(SystemCallError) {
      return try status(of: "/proc/1/root\(absolute)")
    } catch {
      guard error.code == EACCES || error.code == EPERM else { throw error }
      return try status(of: absolute)
    }
  }

  /// The names in a directory, `.` and `..` left out, in no order.
  package func names(in absolute: String) throws(SystemCallError) -> [[UInt8]] {
    try DirectoryStream(open(absolute, O_RDONLY | O_DIRECTORY)).names()
  }
}
