internal import CLinux
internal import Glibc

/// A text of any length, read piece by piece: a file that the caller named, or standard input.
package struct TextInput: ~Copyable {
  private let descriptor: OwnedDescriptor

  // Large enough that the calls cost nothing beside the reading, small enough to be no memory worth a word.
  private static let pieceBytes = 128 << 10

  /// - Parameter path: as open(2) takes it; `nil` is standard input.
  package init(_ path: String?) throws(SystemCallError) {
    if let path {
      descriptor = try .opening(path: path, O_RDONLY | O_NOCTTY)
    } else {
      // A number of its own, since whoever owns one closes it.
      let number = try SystemCallError.check("fcntl", "standard input") {
        fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
      }
      descriptor = OwnedDescriptor(number: number, path: "standard input")
    }
  }

  /// Whether somebody would have to type it.
  package borrowing func isTerminal() -> Bool { isatty(descriptor.number) == 1 }

  /// What comes next, as soon as there is any; `nil` at the end.
  package borrowing func next() throws(SystemCallError) -> [UInt8]? {
    while true {
      if let bytes = try descriptor.read(atMost: Self.pieceBytes) { return bytes.isEmpty ? nil : bytes }
      // Whoever shares standard input with us made it non-blocking.
      var wanted = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
      _ = try SystemCallError.check("poll", descriptor.path) { unsafe poll(&wanted, 1, -1) }
    }
  }
}
