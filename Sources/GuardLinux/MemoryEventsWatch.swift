internal import CLinux
internal import Glibc

/// Tells when a counter of some cgroup's `memory.events` has moved. See inotify(7).
///
/// Counters of reclaim stand in the same file, and a cgroup at its limit may raise them a hundred times a second: a
/// watch ends with the first change, until it is armed again.
package final class MemoryEventsWatch {
  package let descriptor: OwnedDescriptor
  private let mount: String

  init?(below mount: String) {
    let number = inotify_init1(CInt(IN_CLOEXEC) | CInt(IN_NONBLOCK))
    guard number != -1 else { return nil }
    descriptor = OwnedDescriptor(number: number, path: "inotify")
    self.mount = mount
  }

  /// Watches these cgroups' counters, also those that are watched already. One that is gone is passed over.
  package func arm(_ paths: [[UInt8]]) {
    for path in paths {
      // The file itself and not its directory: the kernel tells of it only while somebody holds it
      // (fs/kernfs/file.c: kernfs_notify_workfn), as a watch does.
      let file = Array(mount.utf8) + path + Array("/memory.events".utf8)
      unsafe inotify_add_watch(
        descriptor.number, file.map { CChar(bitPattern: $0) } + [0],
        UInt32(IN_MODIFY) | CLINUX_IN_ONESHOT)
    }
  }

  /// Forgets what came: that something came is all there is to it.
  package func acknowledge() throws(SystemCallError) {
    while let bytes = try descriptor.read(atMost: 4096), !bytes.isEmpty {}
  }
}
