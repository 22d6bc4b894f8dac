internal import Glibc
package import GuardCore

extension RootDirectory {
  /// Everything that tells where memory is; `nil` where /proc/meminfo cannot be read. Takes a moment: as root each
  /// page's flags are read, about a second for 30 GiB.
  ///
  /// - Parameter countsPages: `false` leaves that out; states of pages that overlap are then estimated.
  package func memorySources(countsPages: Bool = true) -> MemoryLedger.Sources? {
    // The slow ones first, so that the counters that must agree are read close together.
    let census = countsPages ? pageCensus() : nil
    let tmpfs = tmpfs()
    let processes = processTotals()
    guard let memory else { return nil }
    var sources = MemoryLedger.Sources(memory, pageKB: UInt64(clamping: Machine.pageBytes / 1024))
    sources.zones = zones
    (sources.census, sources.tmpfs) = (census, tmpfs)
    (sources.processSwapKB, sources.mappedSharedKB) = (processes?.swapKB, processes?.sharedKB)
    sources.segments = sharedSegments
    sources.messageBytes = messageBytes
    sources.zramBytes = zramBytes
    return sources
  }

  package var zones: ZoneInfo? { (try? read("/proc/zoneinfo", limit: 1 << 24)).map { ZoneInfo($0) } }

  package var vmstat: VMStat? { (try? read("/proc/vmstat")).map { VMStat($0) } }

  /// `nil` where the kernel has no System V shared memory.
  package var sharedSegments: [SharedSegment]? {
    (try? read("/proc/sysvipc/shm", limit: 1 << 24)).map { SharedSegment.table($0) }
  }

  /// The larger machines' pages are too many to look at each.
  private static let mostPages = 1 << 24

  private func pageCensus() -> PageCensus? {
    guard let memory, memory.totalKB / UInt64(clamping: Machine.pageBytes / 1024) <= Self.mostPages,
      let file = try? open("/proc/kpageflags", O_RDONLY)
    else { return nil }
    var census = PageCensus()
    var rest: [UInt8] = []
    do throws(SystemCallError) {
      while let piece = try file.read(atMost: 1 << 20), !piece.isEmpty {
        // The kernel hands out whole words; a file that stands for its own need not.
        let words = rest.isEmpty ? piece : rest + piece
        census.count(words)
        rest = Array(words.suffix(words.count % 8))
      }
    } catch {
      return nil
    }
    return census
  }

  /// What processes have in swap, and have mapped of shared memory; `nil` where not all can be seen.
  private func processTotals() -> (swapKB: UInt64, sharedKB: UInt64)? {
    guard let proc = try? ProcDirectory(in: self), !proc.hidesProcesses(), let pids = try? proc.pids() else {
      return nil
    }
    var (swap, shared): (UInt64, UInt64) = (0, 0)
    for pid in pids {
      guard let process = try? proc.process(pid), let text = try? process.read("status") else { continue }
      let status = ProcessStatus(text)
      swap &+= status.swapKB ?? 0
      shared &+= status.shmemRSSKB ?? 0
    }
    return (swap, shared)
  }

  private var messageBytes: UInt64? {
    let systemV = (try? read("/proc/sysvipc/msg", limit: 1 << 24)).map { MessageQueues.systemV($0) }
    // Each file that can be read tells its own queue's bytes; all are zero where the file system is not mounted.
    let posix = (try? names(in: "/dev/mqueue"))?.reduce(0 as UInt64) { sum, name in
      sum &+ ((try? read("/dev/mqueue/\(name.text)")).flatMap { MessageQueues.posix($0) } ?? 0)
    }
    guard systemV != nil || posix != nil else { return nil }
    return (systemV ?? 0) &+ (posix ?? 0)
  }

  private var zramBytes: UInt64? {
    let devices = ((try? names(in: "/sys/block")) ?? []).filter { $0[...].starts(with: "zram") }
    // orig_data_size compr_data_size mem_used_total …: Documentation/admin-guide/blockdev/zram.rst
    let used = devices.compactMap { name -> UInt64? in
      guard let text = try? read("/sys/block/\(name.text)/mm_stat") else { return nil }
      let fields = text.split { $0.isBlank }
      return fields.count > 2 ? UInt64(ascii: fields[2]) : nil
    }
    return used.isEmpty ? nil : used.reduce(0, &+)
  }

  /// Where `CONFIG_SLAB` tells how much of it nobody uses: what dropping it would free, in KiB; root only.
  package var unusedSlabKB: UInt64? {
    guard let slab = try? read("/proc/slabinfo"), let dentries = try? read("/proc/sys/fs/dentry-state"),
      let inodes = try? read("/proc/sys/fs/inode-state"), let vmstat = try? read("/proc/vmstat")
    else { return nil }
    return UnusedSlab(slab: slab, dentries: dentries, inodes: inodes, vmstat: vmstat)?
      .kb(pageKB: UInt64(clamping: Machine.pageBytes / 1024))
  }
}

extension [UInt8] {
  /// A name that is opened again: one that is not UTF-8 is then not found.
  fileprivate var text: String { String(decoding: self, as: UTF8.self) }
}
