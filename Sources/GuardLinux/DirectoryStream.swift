internal import Glibc
internal import GuardCore

/// Reads the entries of one open directory. See readdir(3).
@safe struct DirectoryStream: ~Copyable {
  private let stream: OpaquePointer
  private let path: String

  init(_ directory: borrowing OwnedDescriptor) throws(SystemCallError) {
    path = directory.path
    // fdopendir owns the number it is given, so it gets one of its own.
    let number = try SystemCallError.check("fcntl", directory.path) {
      fcntl(directory.number, F_DUPFD_CLOEXEC, 0)
    }
    guard let opened = unsafe fdopendir(number) else {
      let code = errno
      close(number)
      throw SystemCallError(call: "fdopendir", subject: directory.path, code: code)
    }
    unsafe stream = opened
  }

  deinit { unsafe closedir(stream) }

  /// Hands over each name (without its NUL) and whether it is known to be a directory; `.` and `..` left out.
  borrowing func visit(
    _ body: (UnsafeBufferPointer<UInt8>, _ isDirectory: Bool) -> Void
  ) throws(SystemCallError) {
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else {
        if errno != 0 { throw SystemCallError(call: "readdir", subject: path, code: errno) }
        return
      }
      let kind = unsafe entry.pointee.d_type
      let isDirectory = kind == UInt8(DT_DIR) || kind == UInt8(DT_UNKNOWN)
      unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        let bytes = unsafe UnsafeRawPointer(name).assumingMemoryBound(to: UInt8.self)
        let length = unsafe strlen(UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
        let dot = UInt8(ascii: ".")
        if unsafe length <= 2 && bytes[0] == dot && (length == 1 || bytes[1] == dot) { return }
        unsafe body(UnsafeBufferPointer(start: bytes, count: length), isDirectory)
      }
    }
  }

  borrowing func names() throws(SystemCallError) -> [[UInt8]] {
    var names: [[UInt8]] = []
    try unsafe visit { name, _ in unsafe names.append(Array(name)) }
    return names
  }
}
