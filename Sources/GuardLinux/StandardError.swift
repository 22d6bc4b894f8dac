internal import CLinux
internal import Glibc

/// The daemon's standard error, written without ever waiting for whoever reads it.
package struct StandardError: ~Copyable {
  private let descriptor: OwnedDescriptor
  private let isSocket: Bool

  package init() {
    // Opened anew, since O_NONBLOCK belongs to the open file and not to the descriptor: set on
    // the one inherited, it would surprise the shell that shares it. A socket cannot be opened so.
    do throws(SystemCallError) {
      descriptor = try .opening(path: "/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_APPEND | O_NOCTTY)
      isSocket = false
    } catch {
      descriptor = OwnedDescriptor(number: fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0), path: "standard error")
      isSocket = true
    }
  }

  /// `false` when the reader does not keep up, or is gone.
  package borrowing func write(_ line: String) -> Bool {
    let bytes = Array(line.utf8)
    let written = unsafe bytes.withUnsafeBytes { buffer in
      isSocket
        ? unsafe send(
          descriptor.number, buffer.baseAddress, buffer.count, CLINUX_MSG_NOSIGNAL | CLINUX_MSG_DONTWAIT)
        : unsafe Glibc.write(descriptor.number, buffer.baseAddress, buffer.count)
    }
    return written == bytes.count
  }

  /// Device and inode of the descriptor the service manager gave us, as JOURNAL_STREAM names them.
  /// See systemd.exec(5).
  package static func journalStreamName() -> String? {
    var about = stat()
    guard unsafe fstat(STDERR_FILENO, &about) == 0 else { return nil }
    return "\(about.st_dev):\(about.st_ino)"
  }
}
