/// What becomes of a process's memory when it ends.
package struct ExitEffect: Equatable, Sendable {
  /// Why something is still there afterwards.
  package enum Reason: String, Sendable {
    /// Others have it too.
    case others
    /// As file cache, until it is wanted for something else.
    case cache
    /// Until its file is deleted.
    case file
    /// Until somebody removes the segment: ipcrm(1).
    case segment
  }

  package struct Rest: Equatable, Sendable {
    package var reason: Reason
    /// A file or a segment.
    package var name: [UInt8]?
    package var kb: UInt64

    package init(_ reason: Reason, _ name: [UInt8]? = nil, kb: UInt64) {
      (self.reason, self.name, self.kb) = (reason, name, kb)
    }
  }

  /// RAM that is free at once, page tables included, and swap.
  package var freedKB, freedSwapKB: UInt64
  /// The largest first.
  package var stays: [Rest]

  /// - Parameter segments: all of the machine's, by which those are known that go with their last attachment.
  package init(_ mappings: ProcessMappings, pgtablesKB: UInt64, segments: [SharedSegment]) {
    freedKB = pgtablesKB
    freedSwapKB = 0
    var (others, cache): (UInt64, UInt64) = (0, 0)
    stays = []
    for (kind, sizes) in mappings.parts {
      switch kind {
      case .heap, .stack, .data, .mmap, .sharedAnonymous, .hugePages:
        freedKB &+= sizes.privateKB
        others &+= sizes.residentKB.less(sizes.privateKB)
        freedSwapKB &+= sizes.swappedKB
      case .privateFile: cache &+= sizes.residentKB
      case .sharedFile: others &+= sizes.residentKB
      case .memfd, .sysv, .tmpfs: break
      }
    }
    for (object, sizes) in mappings.objects {
      switch object.kind {
      case .sysv:
        let segment = segments.first { UInt64(exactly: $0.id) == object.inode }
        if let segment, segment.isDoomed, segment.attachments <= 1 {
          freedKB &+= sizes.residentKB
          freedSwapKB &+= sizes.swappedKB
        } else {
          stays.append(Rest(.segment, object.name, kb: sizes.residentKB))
        }
      case .tmpfs where !object.name[...].ends(with: " (deleted)"):
        stays.append(Rest(.file, object.name, kb: sizes.residentKB))
      default:
        // Without a name it goes with its last user.
        freedKB &+= sizes.privateKB
        others &+= sizes.residentKB.less(sizes.privateKB)
        freedSwapKB &+= sizes.swappedKB
      }
    }
    if cache > 0 { stays.append(Rest(.cache, kb: cache)) }
    if others > 0 { stays.append(Rest(.others, kb: others)) }
    stays.removeAll { $0.kb == 0 }
    stays.sort { ($1.kb, $0.name?.printable ?? "") < ($0.kb, $1.name?.printable ?? "") }
  }
}
