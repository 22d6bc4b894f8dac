internal import CLinux
internal import Glibc
internal import GuardCore

/// `/run/oomguard`: the lock, the status file and the state, which outlive a stop but not a boot.
package final class RuntimeDirectory {
  package static let path = "/run/oomguard"

  private let directory: OwnedDescriptor
  private var lockFile: OwnedDescriptor?
  package var isLocked: Bool { lockFile != nil }

  /// Makes it (root, 0755) where it is not there yet.
  package init(in root: RootDirectory) throws(SystemCallError) {
    directory = try root.ownDirectory(Self.path)
  }

  package enum Lock: Equatable, Sendable {
    /// Held for as long as this directory is open.
    case held
    /// Another daemon has it; its pid, if it has written it yet.
    case taken(by: Int32?)
  }

  /// The lock that keeps a second daemon out. Root alone may open it: whoever can open a file can lock it.
  package func lock() throws(SystemCallError) -> Lock {
    let file = try directory.opening("lock", O_RDWR | O_CREAT, mode: 0o600)
    do throws(SystemCallError) {
      _ = try SystemCallError.check("flock", file.path) { flock(file.number, LOCK_EX | LOCK_NB) }
    } catch {
      guard error.code == EWOULDBLOCK else { throw error }
      // Taken it is, whether or not its owner's name can be read.
      let text = try? file.readAll(limit: 64)
      return .taken(by: text.flatMap { Int32(ascii: $0.prefix { $0 != UInt8(ascii: "\n") }) })
    }
    _ = ftruncate(file.number, 0)
    // The lock holds whether or not there was room to say whose it is.
    try? file.write("\(getpid())\n")
    lockFile = consume file
    return .held
  }

  /// A file's bytes; `nil` where there is none.
  package func read(_ name: String, limit: Int) throws(SystemCallError) -> [UInt8]? {
    try directory.contents(of: name, limit: limit)
  }

  /// Replaces `name` as a whole: readers see the old file or the new one, never half of one.
  package func replace(
    _ name: String, with body: (NewFile) throws(SystemCallError) -> Void
  ) throws(SystemCallError) {
    try directory.replace(name, mode: 0o644, with: body)
  }

  /// Opens `name` for adding at its end.
  package func appending(to name: String) throws(SystemCallError) -> OwnedDescriptor {
    try directory.opening(name, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
  }
}
