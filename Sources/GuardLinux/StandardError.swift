internal import CLinux
internal import Glibc

/// The daemon's standard error, written without ever waiting for whoever reads it.
package struct StandardError: ~Copyable {
  private enum Kind { case reopened, socket, inherited }

  private let descriptor: OwnedDescriptor
  private let kind: Kind

  package init() {
    // Opened anew, since O_NONBLOCK belongs to the open file and not to the descriptor: set on
    // the one inherited, it would surprise the shell that shares it. A socket cannot be opened so.
    do throws(SystemCallError) {
      descriptor = try .opening(path: "/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_APPEND | O_NOCTTY)
      kind = .reopened
    } catch {
      descriptor = OwnedDescriptor(number: fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0), path: "standard error")
      var about = stat()
      let isSocket = unsafe fstat(STDERR_FILENO, &about) == 0 && about.st_mode & S_IFMT == S_IFSOCK
      // What belongs to another user cannot be opened either.
      kind = isSocket ? .socket : .inherited
    }
  }

  /// `false` when the reader does not keep up, or is gone.
  package borrowing func write(_ line: String) -> Bool {
    let bytes = Array(line.utf8)
    switch kind {
    case .reopened: return unsafe Glibc.write(descriptor.number, bytes, bytes.count) == bytes.count
    case .socket:
      let flags = CLINUX_MSG_NOSIGNAL | CLINUX_MSG_DONTWAIT
      return unsafe send(descriptor.number, bytes, bytes.count, flags) == bytes.count
    case .inherited: return writeWhereThereIsRoom(bytes)
    }
  }

  private borrowing func writeWhereThereIsRoom(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      // A pipe that is ready has room for PIPE_BUF bytes; more could wait for its reader.
      var ready = pollfd(fd: descriptor.number, events: Int16(POLLOUT), revents: 0)
      guard unsafe poll(&ready, 1, 0) == 1, ready.revents & Int16(POLLOUT) != 0 else { return false }
      let piece = Array(rest.prefix(Int(PIPE_BUF)))
      let written = unsafe Glibc.write(descriptor.number, piece, piece.count)
      guard written > 0 else { return false }
      rest = rest.dropFirst(written)
    }
    return true
  }

  /// Device and inode of the descriptor the service manager gave us, as JOURNAL_STREAM names them.
  /// See systemd.exec(5).
  package static func journalStreamName() -> String? {
    var about = stat()
    guard unsafe fstat(STDERR_FILENO, &about) == 0 else { return nil }
    return "\(about.st_dev):\(about.st_ino)"
  }
}
