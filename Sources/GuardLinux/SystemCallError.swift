internal import Glibc

/// A system call that the kernel refused: which one, on what, and why.
package struct SystemCallError: Error, Equatable, CustomStringConvertible {
  package var call, subject: String
  package var code: CInt

  package init(call: String, subject: String, code: CInt) {
    (self.call, self.subject, self.code) = (call, subject, code)
  }

  package var description: String { "\(subject): \(reason)" }

  /// The error's text as strerror(3) has it.
  package var reason: String { unsafe String(cString: strerror(code)) }

  /// What a person does about a file that cannot be read.
  package var remedy: String {
    switch code {
    case ENOENT: "write it, or name another with --config"
    case EISDIR: "name the file, not its directory"
    case EACCES, EPERM: "run as root, or make it readable"
    case EFBIG: "a configuration is at most 1 MiB"
    case EILSEQ: "give it a name in UTF-8"
    default: "it must be a regular file that can be read"
    }
  }

  /// A process, or a file of it, that was there a moment ago: news, not a failure.
  package var meansGone: Bool { code == ENOENT || code == ESRCH }

  /// Something the system was out of just then, or that it could not do: it may succeed in a moment.
  package var isPassing: Bool {
    [ENOMEM, EMFILE, ENFILE, EIO, EAGAIN, EINTR, ENOBUFS].contains(code)
  }

  package var isInvalidArgument: Bool { code == EINVAL }
  /// A file of a cgroup that was removed while it was open.
  package var isNoDevice: Bool { code == ENODEV }
  /// A datagram that is larger than the socket takes.
  package var isTooLong: Bool { code == EMSGSIZE }
  /// A pipe or socket whose other end is closed, to a caller that ignores SIGPIPE.
  package var meansNoReader: Bool { code == EPIPE }
  /// Too many descriptors are open, or the kernel has no memory for one more.
  package var meansNoRoom: Bool { [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) }
  /// The caller lacks the right.
  package var isNotPermitted: Bool { code == EACCES || code == EPERM }

  /// ``RootDirectory/read(_:limit:)`` met a device or a FIFO.
  package var isNotARegularFile: Bool { code == EINVAL && call == "read" }

  /// Runs `body` again for as long as signals interrupt it. Any other -1 is thrown.
  static func check<T: SignedInteger>(
    _ call: String, _ subject: @autoclosure () -> String, _ body: () -> T
  ) throws(Self) -> T {
    while true {
      let result = body()
      if result != -1 { return result }
      if errno != EINTR { throw Self(call: call, subject: subject(), code: errno) }
    }
  }
}
