internal import CLinux
internal import Glibc
internal import GuardCore

/// Owns one open descriptor and closes it when its own life ends. Lend it; never copy the number.
package struct OwnedDescriptor: ~Copyable {
  let number: CInt
  private let name: Name

  /// Most files are closed again without a word: what they are called is put together only when it is asked for.
  private enum Name {
    case whole(String)
    case text(String, below: String)
    case bytes([UInt8], below: String)
  }

  init(number: CInt, path: String) { self.init(number, .whole(path)) }

  private init(_ number: CInt, _ name: Name) { (self.number, self.name) = (number, name) }

  /// For messages.
  package var path: String {
    switch name {
    case .whole(let path): path
    case .text(let name, let directory): "\(directory)/\(name)"
    case .bytes(let name, let directory): "\(directory)/\(name.readable)"
    }
  }

  deinit {
    // Not retried: Linux frees the number even on EINTR.
    _ = close(number)
  }

  /// Opens an absolute path, or one below the working directory. See open(2).
  static func opening(path: String, _ flags: CInt, mode: UInt32 = 0) throws(SystemCallError) -> Self {
    let number = try SystemCallError.check("open", path) {
      unsafe clinux_openat(AT_FDCWD, path, flags | O_CLOEXEC, mode)
    }
    return OwnedDescriptor(number: number, path: path)
  }

  /// Opens `name` below this directory; its last component is never followed as a symbolic link. See openat(2).
  borrowing func opening(
    _ name: String, _ flags: CInt, mode: UInt32 = 0
  ) throws(SystemCallError) -> OwnedDescriptor {
    let opened = try SystemCallError.check("openat", "\(path)/\(name)") {
      unsafe clinux_openat(number, name, flags | O_NOFOLLOW | O_CLOEXEC, mode)
    }
    return OwnedDescriptor(opened, .text(name, below: path))
  }

  /// The same for a name that need not be UTF-8, as a cgroup's.
  borrowing func opening(bytes name: [UInt8], _ flags: CInt) throws(SystemCallError) -> OwnedDescriptor {
    let opened = try SystemCallError.check("openat", "\(path)/\(name.readable)") {
      unsafe clinux_openat(number, name.terminated, flags | O_NOFOLLOW | O_CLOEXEC, 0)
    }
    return OwnedDescriptor(opened, .bytes(name, below: path))
  }

  /// fstatat(2) of such a name, which is not followed as a symbolic link.
  borrowing func status(ofBytes name: [UInt8]) throws(SystemCallError) -> FileStatus {
    var about = stat()
    _ = try SystemCallError.check("fstatat", "\(path)/\(name.readable)") {
      unsafe fstatat(number, name.terminated, &about, AT_SYMLINK_NOFOLLOW)
    }
    return FileStatus(about)
  }

  /// One read(2) of at most `limit` bytes; `nil` when nothing is there yet (EAGAIN).
  package borrowing func read(atMost limit: Int) throws(SystemCallError) -> [UInt8]? {
    var failure: SystemCallError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      do throws(SystemCallError) {
        count = try SystemCallError.check("read", path) {
          unsafe Glibc.read(number, buffer.baseAddress, limit)
        }
      } catch {
        failure = error
      }
    }
    guard let failure else { return bytes }
    if failure.code == EAGAIN { return nil }
    throw failure
  }

  /// One pread(2) of at most `limit` bytes, which leaves the file's position where it is.
  package borrowing func read(atMost limit: Int, at offset: Int64) throws(SystemCallError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = try SystemCallError.check("pread", path) {
      unsafe bytes.withUnsafeMutableBytes { unsafe pread(number, $0.baseAddress, $0.count, off_t(offset)) }
    }
    bytes.removeLast(limit - count)
    return bytes
  }

  /// One read(2) into `buffer`, which keeps its size, for those who read again and again: how many bytes;
  /// `nil` when nothing is there yet (EAGAIN).
  borrowing func read(into buffer: inout [UInt8]) throws(SystemCallError) -> Int? {
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(number, $0.baseAddress, $0.count) }
      if count != -1 { return count }
      if errno == EAGAIN { return nil }
      if errno != EINTR { throw SystemCallError(call: "read", subject: path, code: errno) }
    }
  }

  /// Everything to the end of the file.
  ///
  /// - Throws: EFBIG if that is more than `limit` bytes.
  package borrowing func readAll(limit: Int) throws(SystemCallError) -> [UInt8] {
    // Most kernel files fit in the first read; only its end has to be asked for again, for which little room is enough.
    var bytes = try read(atMost: 4096) ?? []
    var hasMore = !bytes.isEmpty
    while hasMore, bytes.count <= limit {
      let more = try read(atMost: min(max(bytes.count, 4096), 65_536)) ?? []
      bytes += more
      hasMore = !more.isEmpty
    }
    guard bytes.count <= limit else { throw SystemCallError(call: "read", subject: path, code: EFBIG) }
    return bytes
  }

  /// The same for a file on a disk or in memory, whose size is known: one that ends early was not read.
  ///
  /// - Throws: EIO then.
  package borrowing func readWhole(limit: Int) throws(SystemCallError) -> [UInt8] {
    let size = try status().size
    let bytes = try readAll(limit: limit)
    guard bytes.count >= size else { throw SystemCallError(call: "read", subject: path, code: EIO) }
    return bytes
  }

  /// The same for a file that the kernel prints as one record, as those about one process: where a read(2) is not
  /// filled, nothing follows.
  package borrowing func readRecord(limit: Int) throws(SystemCallError) -> [UInt8] {
    let bytes = try read(atMost: 4096) ?? []
    return bytes.count < 4096 ? bytes : try bytes + readAll(limit: limit - bytes.count)
  }

  /// Writes all of `bytes`. The kernel's own files take them in one write(2), or none.
  package borrowing func write(_ bytes: some Collection<UInt8>) throws(SystemCallError) {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let written = try SystemCallError.check("write", path) {
        unsafe rest.withUnsafeBytes { unsafe Glibc.write(number, $0.baseAddress, $0.count) }
      }
      rest = rest.dropFirst(written)
    }
  }

  package borrowing func write(_ text: String) throws(SystemCallError) { try write(text.utf8) }

  /// fstat(2).
  package borrowing func status() throws(SystemCallError) -> FileStatus {
    var about = stat()
    _ = try SystemCallError.check("fstat", path) { unsafe fstat(number, &about) }
    return FileStatus(about)
  }
}

extension [UInt8] {
  /// "./a/b" is how a name that begins with a slash is opened below a directory; nobody needs to read that.
  fileprivate var readable: String { (starts(with: "./".utf8) ? dropFirst(2) : self[...]).printable }

  /// As C takes it.
  fileprivate var terminated: [CChar] {
    var text: [CChar] = []
    text.reserveCapacity(count + 1)
    for byte in self { text.append(CChar(bitPattern: byte)) }
    text.append(0)
    return text
  }
}

/// What fstat(2) says of a file, as far as oomguard asks.
package struct FileStatus: Equatable, Sendable {
  package enum Kind: Sendable {
    case regular, directory
    /// `/dev/null`: what people link to where they want nothing.
    case null
    case kernelLog
    case other
  }
  package var kind: Kind
  package var device, inode: UInt64
  package var ownerUID: UInt32
  package var size: Int64
  /// How many names lead to it.
  package var links: UInt64

  init(_ about: stat) {
    kind =
      switch about.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFCHR where about.st_rdev == clinux_null_device(): .null
      case S_IFCHR where about.st_rdev == clinux_kernel_log_device(): .kernelLog
      default: .other
      }
    (device, inode) = (UInt64(about.st_dev), UInt64(about.st_ino))
    (ownerUID, size, links) = (about.st_uid, Int64(about.st_size), UInt64(about.st_nlink))
  }
}
