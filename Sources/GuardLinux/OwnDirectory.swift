internal import CLinux
internal import Glibc
internal import GuardCore

// The directories that are oomguard's own, and files in them that are replaced as a whole.

extension RootDirectory {
  /// Opens a directory below one of the system's, and makes it (root, 0755) where it is not there yet.
  ///
  /// - Throws: of `mkdir` where it is not there and cannot be made; of `open` where it is there.
  func ownDirectory(_ absolute: String) throws(SystemCallError) -> OwnedDescriptor {
    if !isMachine {
      for end in absolute.indices.dropFirst() where absolute[end] == "/" {
        unsafe mkdir(path(String(absolute[..<end])), 0o755)
      }
    }
    let path = path(absolute)
    let flags = CLINUX_O_PATH | O_DIRECTORY | O_NOFOLLOW
    do throws(SystemCallError) {
      return try .opening(path: path, flags)
    } catch {
      guard error.meansGone else { throw error }
    }
    if unsafe mkdir(path, 0o755) == 0 {
      // Whoever started us may have a umask that keeps readers out.
      unsafe chmod(path, 0o755)
    } else if errno != EEXIST {
      throw SystemCallError(call: "mkdir", subject: path, code: errno)
    }
    return try .opening(path: path, flags)
  }
}

extension OwnedDescriptor {
  /// A file's bytes; `nil` where there is none.
  borrowing func contents(of name: String, limit: Int) throws(SystemCallError) -> [UInt8]? {
    do throws(SystemCallError) {
      return try opening(name, O_RDONLY | O_NONBLOCK).readWhole(limit: limit)
    } catch {
      guard error.meansGone else { throw error }
      return nil
    }
  }

  /// Replaces `name` as a whole: readers see the old file or the new one, never half of one.
  borrowing func replace(
    _ name: String, mode: UInt32, with body: (NewFile) throws(SystemCallError) -> Void
  ) throws(SystemCallError) {
    let new = ".\(name).new"
    do throws(SystemCallError) {
      let file = try opening(new, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
      _ = try SystemCallError.check("fchmod", file.path) { fchmod(file.number, mode) }
      try body(NewFile(file))
      _ = try SystemCallError.check("rename", "\(path)/\(name)") {
        unsafe renameat(number, new, number, name)
      }
    } catch {
      unsafe unlinkat(number, new, 0)
      throw error
    }
  }
}

/// A file on its way to replace another.
package final class NewFile {
  private let descriptor: OwnedDescriptor

  init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

  package func write(_ bytes: some Collection<UInt8>) throws(SystemCallError) { try descriptor.write(bytes) }

  /// Waits until it is on the disk. See fsync(2).
  package func sync() throws(SystemCallError) {
    _ = try SystemCallError.check("fsync", descriptor.path) { fsync(descriptor.number) }
  }
}
