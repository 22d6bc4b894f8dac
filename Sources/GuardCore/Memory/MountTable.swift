/// The mounts of one mount namespace, from `/proc/<pid>/mountinfo`. Source: proc_pid_mountinfo(5).
package struct MountTable: Equatable, Sendable {
  package struct Mount: Equatable, Sendable {
    package var device: DeviceNumber
    /// Where it is seen, any bytes but NUL.
    package var path: [UInt8]
    package var type: [UInt8]
    /// Those of the file system, `rw,size=65536k`.
    package var options: [UInt8]

    package init(device: DeviceNumber, path: [UInt8], type: [UInt8], options: [UInt8]) {
      (self.device, self.path, self.type, self.options) = (device, path, type, options)
    }
  }
  /// In the kernel's order: of two with one path the later hides the earlier.
  package var mounts: [Mount]

  package init(_ text: [UInt8]) {
    mounts = text.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let fields = line.split(separator: UInt8(ascii: " "))
      // id, parent, device, root, path, options, any number of tags, "-", type, source, options
      guard fields.count >= 6, let dash = fields[6...].firstIndex(where: { $0.equals("-") }),
        fields.count > dash + 3, let device = DeviceNumber(fields[2])
      else { return nil }
      return Mount(
        device: device, path: Self.unescaped(fields[4]), type: Array(fields[dash + 1]),
        options: Array(fields[dash + 3]))
    }
  }

  /// Those that no other mount at the same path hides.
  package var visible: [Mount] {
    mounts.enumerated().filter { index, mount in
      !mounts[(index + 1)...].contains { $0.path == mount.path }
    }.map(\.element)
  }

  /// Blanks, newlines and backslashes come as three octal digits.
  private static func unescaped(_ field: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = field
    while let first = rest.popFirst() {
      let digits = rest.prefix(3)
      if first == UInt8(ascii: "\\"), digits.count == 3,
        let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(first)
      }
    }
    return bytes
  }
}

/// A device as the kernel prints it, `8:1`.
package struct DeviceNumber: Hashable, Sendable {
  package var major, minor: UInt32

  package init(major: UInt32, minor: UInt32) { (self.major, self.minor) = (major, minor) }

  init?(_ text: ArraySlice<UInt8>) {
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 2, let major = UInt32(ascii: parts[0]), let minor = UInt32(ascii: parts[1]) else {
      return nil
    }
    self.init(major: major, minor: minor)
  }
}

extension MountTable.Mount {
  /// Whether its files are memory: tmpfs, and devtmpfs, which is one.
  package var isTmpfs: Bool { type.elementsEqual("tmpfs".utf8) || type.elementsEqual("devtmpfs".utf8) }

  /// How large a tmpfs may become; `nil` for no limit. Without the option it is half of RAM.
  /// Source: Documentation/filesystems/tmpfs.rst; mm/shmem.c: shmem_show_options.
  package func tmpfsLimitKB(ramKB: UInt64) -> UInt64? {
    for option in options.split(separator: UInt8(ascii: ",")) where option.starts(with: "size=") {
      let value = option.dropFirst(5)
      guard value.last == UInt8(ascii: "k"), let limit = UInt64(ascii: value.dropLast()) else { break }
      return limit == 0 ? nil : limit
    }
    return ramKB / 2
  }
}
