internal import CLinux
internal import Glibc
package import GuardCore

extension RootDirectory {
  /// Every tmpfs that can be found, once, however often it is mounted: those seen from here, then those that other
  /// mount namespaces have (root only).
  package func tmpfs() -> [MemoryLedger.Tmpfs] {
    var seen: Set<DeviceNumber> = []
    var found = tmpfs(listedIn: "/proc/self/mountinfo", below: "", isElsewhere: false, seen: &seen)
    guard isMachine, let proc = try? ProcDirectory(in: self), let pids = try? proc.pids() else {
      return found
    }
    var namespaces = Set([try? status(of: "/proc/self/ns/mnt").inode].compactMap { $0 })
    for pid in pids.sorted() {
      guard let namespace = try? status(of: "/proc/\(pid)/ns/mnt").inode,
        namespaces.insert(namespace).inserted
      else { continue }
      found += tmpfs(
        listedIn: "/proc/\(pid)/mountinfo", below: "/proc/\(pid)/root", isElsewhere: true, seen: &seen)
    }
    return found
  }

  private func tmpfs(
    listedIn table: String, below top: String, isElsewhere: Bool, seen: inout Set<DeviceNumber>
  ) -> [MemoryLedger.Tmpfs] {
    guard let text = try? read(table, limit: 1 << 24) else { return [] }
    return MountTable(text).mounts.compactMap { mount in
      // What another mount hides is reached by no path; it then counts to the rest of shared memory.
      guard mount.isTmpfs, !seen.contains(mount.device),
        let usage = TmpfsUsage(path(top).utf8 + mount.path), usage.device == mount.device
      else { return nil }
      seen.insert(mount.device)
      return MemoryLedger.Tmpfs(
        path: mount.path, isElsewhere: isElsewhere, usedKB: usage.usedBytes / 1024,
        limitKB: usage.totalBytes > 0 ? usage.totalBytes / 1024 : nil)
    }
  }
}

/// What statfs(2) says of the file system at a path.
private struct TmpfsUsage {
  var device: DeviceNumber
  var totalBytes: UInt64 = 0
  var usedBytes: UInt64 = 0

  init?(_ path: [UInt8]) {
    let terminated = path.map { CChar(bitPattern: $0) } + [0]
    // O_PATH asks no automounter for anything.
    let number = unsafe clinux_openat(AT_FDCWD, terminated, CLINUX_O_PATH | O_CLOEXEC, 0)
    guard number != -1 else { return nil }
    defer { close(number) }
    var about = stat()
    guard unsafe fstat(number, &about) == 0, unsafe clinux_tmpfs_usage(number, &totalBytes, &usedBytes) == 0
    else { return nil }
    device = DeviceNumber(
      major: clinux_device_major(about.st_dev), minor: clinux_device_minor(about.st_dev))
  }
}
