internal import CLinux
internal import Glibc
package import GuardCore

/// Tells when cgroups appear, and when processes join those that matter. See inotify(7).
///
/// Measured on kernels 6.1 and 6.18: mkdir is seen; `cgroup.events` is modified when a v2 cgroup becomes
/// populated or empty, `cgroup.procs` when somebody writes a pid into it; a process that is born in its cgroup
/// gives no sign here.
package final class CgroupWatch {
  package enum Change: Equatable, Sendable {
    /// A cgroup was made in one that is watched.
    case created(CgroupPath)
    /// Processes may have joined or left this one.
    case membersChanged(CgroupPath)
    /// Events were dropped: everything must be looked at.
    case overrun
  }

  package let descriptor: OwnedDescriptor
  private let mount: String
  private var paths: [Int32: CgroupPath] = [:]
  private var watches: [CgroupPath: Int32] = [:]

  package init(of tree: borrowing CgroupTree) throws(SystemCallError) {
    let number = try SystemCallError.check("inotify_init1", "inotify") {
      inotify_init1(CInt(IN_CLOEXEC) | CInt(IN_NONBLOCK))
    }
    descriptor = OwnedDescriptor(number: number, path: "inotify")
    mount = tree.mount
  }

  package var count: Int { watches.count }

  /// Watches a cgroup; `members` says whether its processes matter, or only what is made below it.
  ///
  /// A cgroup that is gone already is passed over.
  package func watch(_ path: CgroupPath, members: Bool) throws(SystemCallError) {
    let mask = UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_ONLYDIR) | (members ? UInt32(IN_MODIFY) : 0)
    let full = (mount.utf8 + path.bytes).map { CChar(bitPattern: $0) } + [0]
    do throws(SystemCallError) {
      let watch = try SystemCallError.check("inotify_add_watch", "\(mount)\(path)") {
        unsafe inotify_add_watch(descriptor.number, full, mask)
      }
      paths[watch] = path
      watches[path] = watch
    } catch {
      guard error.meansGone else { throw error }
    }
  }

  package func isWatched(_ path: CgroupPath) -> Bool { watches[path] != nil }

  /// A cgroup was removed. Its watch does not end by itself, since a kernfs directory keeps its link count when it
  /// is removed (fs/dcache.c, dentry_unlink_inode): it would be one more for ever, and pass for a watch of the
  /// next cgroup of that name.
  private func forget(_ path: CgroupPath) {
    guard let watch = watches.removeValue(forKey: path) else { return }
    paths[watch] = nil
    // Fails where it did end by itself.
    inotify_rm_watch(descriptor.number, watch)
  }

  /// What came since the last call, each cgroup once.
  package func take() throws(SystemCallError) -> [Change] {
    var changes: [Change] = []
    var changed: Set<CgroupPath> = []
    while let bytes = try descriptor.read(atMost: 16 << 10), !bytes.isEmpty {
      var rest = bytes[...]
      // struct inotify_event: wd, mask, cookie, len, then the name padded with NUL bytes.
      while rest.count >= 16 {
        func word(_ index: Int) -> UInt32 {
          unsafe rest.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self) }
        }
        let (watch, mask, length) = (Int32(bitPattern: word(0)), word(1), Int(word(3)))
        let name = rest.dropFirst(16).prefix(length).prefix { $0 != 0 }
        rest = rest.dropFirst(16 + length)
        if mask & UInt32(IN_Q_OVERFLOW) != 0 { changes.append(.overrun) }
        guard let path = paths[watch] else { continue }
        if mask & UInt32(IN_IGNORED) != 0 {
          paths[watch] = nil
          if watches[path] == watch { watches[path] = nil }
        } else if mask & UInt32(IN_DELETE) != 0, mask & UInt32(IN_ISDIR) != 0 {
          forget(path.appending(name))
        } else if mask & UInt32(IN_CREATE) != 0, mask & UInt32(IN_ISDIR) != 0 {
          // Whoever has joined it already is found when it is first looked at.
          let made = path.appending(name)
          if changed.insert(made).inserted { changes.append(.created(made)) }
        } else if mask & UInt32(IN_MODIFY) != 0, name.starts(with: "cgroup."), changed.insert(path).inserted {
          changes.append(.membersChanged(path))
        }
      }
    }
    return changes
  }
}
