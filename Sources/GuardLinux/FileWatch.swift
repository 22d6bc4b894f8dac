internal import CLinux
internal import Glibc

/// Tells when a file may have been replaced, also while its directory is not there yet. See inotify(7).
package final class FileWatch {
  private let descriptor: OwnedDescriptor
  /// With that above it, in which it may appear, or appear anew.
  private let directories: [String]

  /// - Parameter directory: the one that holds the file, by its path below `root`.
  package init(directory: String, in root: RootDirectory) throws(SystemCallError) {
    let number = try SystemCallError.check("inotify_init1", "inotify") {
      inotify_init1(CInt(IN_CLOEXEC) | CInt(IN_NONBLOCK))
    }
    descriptor = OwnedDescriptor(number: number, path: "inotify")
    let parent = directory.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(directory[..<$0]) } ?? ""
    directories = [root.path(directory), root.path(parent.isEmpty ? "/" : parent)]
    arm()
  }

  /// For poll(2) and the like.
  package var descriptorNumber: CInt { descriptor.number }

  /// Watching twice changes nothing; what is not there yet will be seen to come by the one above it.
  private func arm() {
    let mask = UInt32(IN_MOVED_TO) | UInt32(IN_CLOSE_WRITE) | UInt32(IN_CREATE) | UInt32(IN_ONLYDIR)
    for directory in directories { unsafe inotify_add_watch(descriptor.number, directory, mask) }
  }

  /// Forgets what came; look at the file after it, and nothing is missed.
  package func acknowledge() throws(SystemCallError) {
    while let bytes = try descriptor.read(atMost: 4096), !bytes.isEmpty {}
    arm()
  }
}
