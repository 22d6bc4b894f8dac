internal import CLinux
internal import Glibc

extension RootDirectory {
  /// Puts a drop-in, readable by all, in the place of one of that name: it is there as a whole or not at all, even
  /// after a power failure. The directory is made where it is not there yet.
  package func writeDropIn(_ name: String, in directory: String, _ bytes: [UInt8]) throws(SystemCallError) {
    try ownDirectory(directory).replace(name, mode: 0o644) { (file) throws(SystemCallError) in
      try file.write(bytes)
      try file.sync()
    }
  }

  /// The same for any file in a directory that is there, and without waiting for the disk.
  package func replaceFile(_ name: String, in directory: String, with bytes: [UInt8]) throws(SystemCallError)
  {
    try open(directory, CLINUX_O_PATH | O_DIRECTORY).replace(name, mode: 0o644) {
      (file) throws(SystemCallError) in
      try file.write(bytes)
    }
  }

  /// - Throws: also where there is none.
  package func remove(_ absolute: String) throws(SystemCallError) {
    _ = try SystemCallError.check("unlink", path(absolute)) { unsafe unlink(path(absolute)) }
  }
}
