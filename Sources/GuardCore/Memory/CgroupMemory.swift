/// What a memory cgroup of version 2 holds, from its `memory.stat`; in bytes. Source:
/// Documentation/admin-guide/cgroup-v2.rst.
package struct CgroupMemory: Equatable, Sendable {
  package var anonymousBytes, fileBytes, sharedBytes, slabReclaimableBytes, unevictableBytes: UInt64?
  package var dirtyBytes, writebackBytes: UInt64?

  package init(_ text: [UInt8]) {
    let fields = KernelFields(text[...])
    (anonymousBytes, fileBytes, sharedBytes) = (fields["anon"], fields["file"], fields["shmem"])
    (slabReclaimableBytes, unevictableBytes) = (fields["slab_reclaimable"], fields["unevictable"])
    (dirtyBytes, writebackBytes) = (fields["file_dirty"], fields["file_writeback"])
  }

  /// The most the kernel could take from it. `file` counts shared memory too, which goes to swap or nowhere.
  package func reclaimableBytes(withSwap: Bool) -> UInt64 {
    let files = (fileBytes ?? 0).less(sharedBytes)
    let swappable = withSwap ? (anonymousBytes ?? 0) &+ (sharedBytes ?? 0) : 0
    return (files &+ swappable).less(unevictableBytes) &+ (slabReclaimableBytes ?? 0)
  }
}
