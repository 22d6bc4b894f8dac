import GuardCore
import GuardTestSupport
import Testing

struct MemoryLedgerTests {
  private static func sources(_ kernel: String) throws -> MemoryLedger.Sources {
    var sources = MemoryLedger.Sources(try MemoryInfo(Fixture.bytes("memory/\(kernel)/meminfo")), pageKB: 4)
    sources.zones = ZoneInfo(try Fixture.bytes("memory/\(kernel)/zoneinfo"))
    return sources
  }

  private static func sizes(_ ledger: MemoryLedger) -> [MemoryKind: UInt64] {
    var sizes: [MemoryKind: UInt64] = [:]
    for line in ledger.lines { sizes[line.kind, default: 0] += line.kb }
    return sizes
  }

  /// What each kernel tells has its line, what it does not tell has none.
  private static let kernels: [(String, sizes: [MemoryKind: UInt64], rest: Int64)] = [
    (
      "2.6.32",
      [
        .anonymous: 1_604_712, .swapCache: 4248, .locked: 4308, .shared: 16_788, .fileWriteback: 16,
        .fileDirty: 2044, .fileMapped: 96_120, .fileClean: 4_083_344, .buffers: 312_460,
        .slabReclaimable: 510_980, .slabUnreclaimable: 57_108, .pageTables: 29_816, .kernelStacks: 3352,
        .hugePages: 49_152, .hugePagesIdle: 16_384, .freePerCPU: 1888, .free: 1_216_084,
      ], 50_748
    ),
    (
      "3.10",
      [
        .anonymous: 3_626_976, .swapCache: 0, .locked: 0, .shared: 886_468, .fileWriteback: 0,
        .fileDirty: 188,
        .fileMapped: 201_440, .fileClean: 5_714_224, .buffers: 2108, .slabReclaimable: 401_120,
        .slabUnreclaimable: 110_924, .pageTables: 49_012, .kernelStacks: 12_048, .hugePages: 0,
        .hugePagesIdle: 0, .freePerCPU: 612, .free: 5_021_876,
      ], 240_656
    ),
    (
      "4.19",
      [
        .anonymous: 728_196, .swapCache: 8256, .locked: 16_416, .shared: 46_080, .fileWriteback: 1024,
        .fileDirty: 30_080, .fileMapped: 182_208, .fileClean: 2_180_824, .buffers: 120_308,
        .slabReclaimable: 232_416, .slabUnreclaimable: 48_464, .pageTables: 10_120, .kernelStacks: 4144,
        .perCPU: 1104, .hugePages: 0, .hugePagesIdle: 0, .freePerCPU: 892, .free: 301_144,
      ], 125_452
    ),
    (
      "5.10",
      [
        .anonymous: 7_335_772, .swapCache: 0, .locked: 65_540, .shared: 517_500, .fileWriteback: 0,
        .fileDirty: 512, .fileMapped: 612_400, .fileClean: 17_871_892, .buffers: 804_112,
        .slabReclaimable: 1_603_992, .kernelReclaimable: 128, .slabUnreclaimable: 316_416,
        .pageTables: 88_012, .kernelStacks: 22_016, .vmalloc: 39_188, .perCPU: 15_232, .hugePages: 0,
        .hugePagesIdle: 524_288, .freePerCPU: 2624, .free: 2_402_116,
      ], 581_740
    ),
  ]

  @Test(arguments: kernels)
  func whatAKernelDoesNotTellHasNoLine(
    kernel: String, expected: [MemoryKind: UInt64], rest: Int64
  ) throws {
    let ledger = MemoryLedger(try Self.sources(kernel))
    #expect(Self.sizes(ledger) == expected)
    #expect(ledger.unaccountedKB == rest)
    #expect(
      Int64(ledger.lines.reduce(0) { $0 + $1.kb }) + ledger.unaccountedKB == Int64(ledger.totalKB))
  }

  @Test func pagesThatWereCountedNeedNoEstimate() throws {
    var sources = try Self.sources("4.19")
    var census = PageCensus()
    (census.lockedAnonymous, census.lockedShared, census.lockedFile) = (100, 5000, 50)
    (census.writebackFile, census.dirtyFile, census.mappedFile, census.cleanFile) = (1, 20, 300, 4000)
    census.swapCacheOnly = 7
    sources.census = census
    let ledger = MemoryLedger(sources)
    #expect(!ledger.lines.contains { $0.isEstimated })
    let sizes = Self.sizes(ledger)
    let counted: [MemoryKind: UInt64] = [
      .locked: 600, .fileWriteback: 4, .fileDirty: 80, .fileMapped: 1200, .swapCache: 28,
      .anonymous: 744_612 - 400,
      // What remains of the files, locked ones apart; shared memory that is locked stays where it was.
      .fileClean: 2_440_216 - 46_080 - 200 - 4 - 80 - 1200, .shared: 46_080,
    ]
    // By this type: a number that may be missing, beside a sum, is compared as AnyHashable, and a byte beyond it read.
    #expect(sizes.filter { counted.keys.contains($0.key) } == counted)
  }

  @Test func sharedMemoryIsSplitByWhatHoldsIt() throws {
    var sources = try Self.sources("5.10")
    sources.tmpfs = [
      .init(path: Array("/run".utf8), usedKB: 10_000, limitKB: 1_000_000),
      .init(path: Array("/dev/shm".utf8), usedKB: 200_000, limitKB: nil),
      .init(path: Array("/dev/shm".utf8), isElsewhere: true, usedKB: 64, limitKB: 64),
    ]
    sources.segments = SharedSegment.table(
      Array(
        """
               key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap
         0          1  1600               4194304   100   100      2     0     0     0     0          0          0          0               2097152                     0
         0          2   600               8388608   200   200      0     0     0     0     0          0          0          0               8388608                     0
        """.utf8))
    let ledger = MemoryLedger(sources)
    let shared = ledger.lines.filter {
      [.sysv, .sysvOrphaned, .tmpfs, .posixShared, .tmpfsElsewhere, .shared].contains($0.kind)
    }
    #expect(
      shared == [
        .init(.sysv, kb: 2048, .swap), .init(.sysvOrphaned, kb: 8192, .delete),
        .init(.tmpfs, Array("/run".utf8), kb: 10_000, .swap),
        .init(.posixShared, Array("/dev/shm".utf8), kb: 200_000, .swap),
        .init(.tmpfsElsewhere, Array("/dev/shm".utf8), kb: 64, .swap),
        .init(.shared, kb: 517_500 - 2048 - 8192 - 210_064, .swap),
      ])
  }

  /// 209,712 KiB of swap are in use: 10,240 by pages that are in RAM as well, 99,472 by processes, so 100,000 by
  /// shared memory, of which 46,080 KiB are in RAM.
  @Test func whatATmpfsHasInSwapIsInferred() throws {
    var sources = try Self.sources("4.19")
    sources.processSwapKB = 99_472
    sources.tmpfs = [
      .init(path: Array("/a".utf8), usedKB: 100_000, limitKB: nil),
      .init(path: Array("/b".utf8), usedKB: 40_000, limitKB: nil),
    ]
    let ledger = MemoryLedger(sources)
    let swapped = [100_000 * 100_000 / 146_080, 40_000 * 100_000 / 146_080] as [UInt64]
    #expect(ledger.tmpfs.map(\.swappedKB) == swapped)
    #expect(
      ledger.lines.filter { $0.kind == .tmpfs } == [
        .init(.tmpfs, Array("/a".utf8), kb: 100_000 - swapped[0], .swap, isEstimated: true),
        .init(.tmpfs, Array("/b".utf8), kb: 40_000 - swapped[1], .swap, isEstimated: true),
      ])
    #expect(ledger.kb(.shared) == 46_080 + swapped[0] + swapped[1] - 140_000)
  }

  @Test func withoutSwapNothingGoesThere() throws {
    let reclaims = Dictionary(
      uniqueKeysWithValues: MemoryLedger(try Self.sources("3.10")).lines.map { ($0.kind, $0.reclaim) })
    #expect(
      [reclaims[.anonymous], reclaims[.shared], reclaims[.fileClean], reclaims[.slabUnreclaimable]] == [
        .exit, .exit, .yes, .no,
      ])
  }

  @Test func messagesAreTakenOutOfTheSlabTheyLieIn() throws {
    var sources = try Self.sources("4.19")
    (sources.messageBytes, sources.zramBytes) = (8 << 20, 3 << 20)
    let sizes = Self.sizes(MemoryLedger(sources))
    #expect([sizes[.messageQueues], sizes[.slabUnreclaimable], sizes[.zram]] == [8192, 40_272, 3072])
  }

  /// Whatever the figures, each line is a part of what is there and all of them make the whole.
  @Test func linesAddUpForAnyFigures() throws {
    var random = SeededRandom.printed()
    let names = try String(decoding: Fixture.bytes("memory/5.10/meminfo"), as: UTF8.self)
      .split(separator: "\n").compactMap { $0.split(separator: ":").first }
    for _ in 0..<500 {
      let text = names.filter { $0 == "MemTotal" || Int.random(in: 0..<8, using: &random) > 0 }.map { name in
        let most: UInt64 = Bool.random(using: &random) ? 1000 : .max
        return "\(name): \(UInt64.random(in: 1...most, using: &random)) kB\n"
      }.joined()
      var sources = MemoryLedger.Sources(try MemoryInfo(Array(text.utf8)), pageKB: 4)
      sources.tmpfs = (0..<3).map { _ in
        .init(path: [], usedKB: .random(in: 0 ... .max, using: &random), limitKB: nil)
      }
      sources.processSwapKB = .random(in: 0...1000, using: &random)
      let ledger = MemoryLedger(sources)
      let shared = ledger.lines.filter { [.tmpfs, .shared].contains($0.kind) }.reduce(0 as UInt64) {
        $0 &+ $1.kb
      }
      if let told = sources.memory.shmemKB { #expect(shared == told) }
      let files = ledger.lines.filter { $0.kind.rawValue.hasPrefix("file_") }.reduce(0 as UInt64) {
        $0 &+ $1.kb
      }
      if let told = sources.memory.fileKB { #expect(files <= told) }
    }
  }
}
