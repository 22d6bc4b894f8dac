/// How much of the reclaimable slab `drop_caches` 2 can free: names and inodes that nobody has open, and what
/// hangs on them. Sources: slabinfo(5); Documentation/admin-guide/sysctl/fs.rst.
package struct UnusedSlab: Equatable, Sendable {
  private struct Cache: Equatable { var objects, pages: UInt64 }

  private var caches: [[UInt8]: Cache] = [:]
  private var dentries, unusedDentries, inodes: UInt64
  /// Nodes that hold nothing but the memory of pages thrown out; since Linux 4.20.
  private var shadowNodes: UInt64?

  package init?(slab: [UInt8], dentries: [UInt8], inodes: [UInt8], vmstat: [UInt8]) {
    func numbers(_ text: [UInt8]) -> [UInt64] { text.split { $0.isBlank }.compactMap { UInt64(ascii: $0) } }
    let (names, nodes) = (numbers(dentries), numbers(inodes))
    guard names.count > 1, let count = nodes.first else { return nil }
    (self.dentries, unusedDentries, self.inodes) = (names[0], min(names[1], names[0]), count)
    shadowNodes = KernelFields(vmstat[...])["workingset_nodes"]
    for line in slab.split(separator: UInt8(ascii: "\n")) {
      // name active total size per-slab pages : tunables … : slabdata active-slabs slabs shared
      let words = line.split { $0.isBlank }
      guard words.count > 14, let objects = UInt64(ascii: words[2]), let pages = UInt64(ascii: words[5]),
        let slabs = UInt64(ascii: words[14])
      else { continue }
      caches[Array(words[0])] = Cache(objects: objects, pages: pages &* slabs)
    }
    if caches.isEmpty { return nil }
  }

  package func kb(pageKB: UInt64) -> UInt64 {
    let usedDentries = dentries - unusedDentries
    var pages: UInt64 = 0
    for (name, cache) in caches {
      switch name[...] {
      case let name where name.equals("dentry") || name.starts(with: "kmalloc-rcl-"):
        pages &+= cache.pages.share(unusedDentries, of: dentries)
      case let name where name.isInodes:
        // An open name pins its inode.
        pages &+= cache.pages.share(inodes.less(usedDentries), of: inodes)
      case let name where name.equals("extent_status"): pages &+= cache.pages
      case let name where name.equals("radix_tree_node") || name.equals("xa_node"):
        pages &+= cache.pages.share(min(shadowNodes ?? 0, cache.objects), of: cache.objects)
      default: break
      }
    }
    return pages &* pageKB
  }
}

extension ArraySlice<UInt8> {
  /// Inodes of file systems on disks: those of sockets, pipes and tmpfs stay as long as these do.
  fileprivate var isInodes: Bool {
    guard ends(with: "_inode_cache") || ends(with: "_inode") || equals("inode_cache") else { return false }
    return !["sock_", "shmem_", "mqueue_", "hugetlbfs_"].contains { starts(with: $0 as StaticString) }
  }
}

extension UInt64 {
  /// `self * part / whole`, without overflow for a part no larger than the whole.
  fileprivate func share(_ part: UInt64, of whole: UInt64) -> UInt64 {
    guard whole > 0 else { return 0 }
    return whole.dividingFullWidth(multipliedFullWidth(by: Swift.min(part, whole))).quotient
  }
}
