package import GuardCore
package import GuardLinux

extension HeldMemory.Kind {
  /// The line of `oomguardctl memory` in which it is seen.
  package var line: MemoryKind {
    switch self {
    case .privateAnonymous, .privateFile: .anonymous
    case .sharedFile: .fileMapped
    case .cleanFile: .fileClean
    case .dirtyFile: .fileDirty
    case .locked: .locked
    case .sharedAnonymous, .memfd: .shared
    case .tmpfs: .tmpfs
    case .tmpfsElsewhere: .tmpfsElsewhere
    case .posixShared: .posixShared
    case .sysv: .sysv
    case .sysvOrphaned: .sysvOrphaned
    case .messageQueues, .posixQueue: .messageQueues
    case .hugePages: .hugePages
    case .hugePagesIdle: .hugePagesIdle
    case .slabReclaimable: .slabReclaimable
    case .slabUnreclaimable: .slabUnreclaimable
    case .pageTables: .pageTables
    case .kernelStacks: .kernelStacks
    case .vmalloc: .vmalloc
    case .perCPU: .perCPU
    case .buffers: .buffers
    }
  }

  /// All the lines through which it passes: a page that is written out is no longer dirty, and still there.
  var family: Set<MemoryKind> {
    switch self {
    case .privateFile: [.anonymous, .fileMapped, .fileClean, .fileDirty, .fileWriteback]
    case .sharedFile, .cleanFile, .dirtyFile: [.fileMapped, .fileClean, .fileDirty, .fileWriteback]
    case .locked: [.locked, .anonymous]
    case .sysv, .sysvOrphaned: [.sysv, .sysvOrphaned]
    case .messageQueues, .posixQueue: [.messageQueues, .slabUnreclaimable]
    case .kernelStacks: [.kernelStacks, .vmalloc]
    default: [line]
    }
  }

  /// The classics, made when no kind is named.
  package static let usual: [Self] = [
    .privateAnonymous, .privateFile, .sharedFile, .cleanFile, .dirtyFile, .locked, .sharedAnonymous, .memfd,
    .tmpfs,
    .posixShared, .sysv, .sysvOrphaned,
  ]
}
