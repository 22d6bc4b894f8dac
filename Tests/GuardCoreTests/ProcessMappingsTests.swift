import GuardCore
import GuardTestSupport
import Testing

struct ProcessMappingsTests {
  private static func mapping(_ first: String, _ fields: [(String, Int)]) -> String {
    ([first] + fields.map { "\($0.0):\(String(repeating: " ", count: 8))\($0.1) kB" } + [
      "VmFlags: rd wr mr mw me ac"
    ])
    .joined(separator: "\n") + "\n"
  }

  private static let text = [
    mapping(
      "55d000-55d800 r-xp 00000000 fe:00 254163                     /usr/bin/app",
      [
        ("Size", 2048), ("Rss", 100), ("Pss", 60), ("Shared_Clean", 80), ("Private_Clean", 20),
        ("Anonymous", 0),
      ]),
    mapping(
      "55d800-55d900 rw-p 00000800 fe:00 254163                     /usr/bin/app",
      [("Rss", 40), ("Pss", 40), ("Private_Clean", 8), ("Private_Dirty", 32), ("Anonymous", 32), ("Swap", 4)]),
    mapping(
      "55d900-55da00 rw-p 00000000 00:00 0",
      [("Rss", 12), ("Pss", 12), ("Private_Dirty", 12), ("Anonymous", 12)]),
    mapping(
      "55db00-56d000 rw-p 00000000 00:00 0                          [heap]",
      [
        ("Rss", 500), ("Pss", 400), ("Shared_Dirty", 200), ("Private_Dirty", 300), ("Anonymous", 500),
        ("Swap", 16), ("Locked", 100),
      ]),
    mapping(
      "7f0000-7f1000 rw-p 00000000 00:00 0 ",
      [("Rss", 64), ("Pss", 64), ("Private_Dirty", 64), ("Anonymous", 64)]),
    mapping(
      "7f1000-7f2000 rw-s 00000000 00:01 7                          /dev/zero (deleted)",
      [("Rss", 1000), ("Pss", 500), ("Shared_Dirty", 1000)]),
    mapping(
      "7f2000-7f3000 rw-s 00000000 00:01 98305                      /SYSV00000000 (deleted)",
      [("Rss", 2000), ("Pss", 2000), ("Private_Dirty", 2000), ("Swap", 8)]),
    mapping(
      "7f3000-7f4000 rw-s 00000000 00:01 12                         /memfd:a b (deleted)",
      [("Rss", 300), ("Pss", 300), ("Private_Dirty", 300)]),
    mapping(
      "7f4000-7f5000 rw-s 00000000 00:17 4                          /dev/shm/x: y",
      [("Rss", 700), ("Pss", 700), ("Private_Dirty", 700)]),
    mapping(
      "7f5000-7f6000 rw-s 00000000 00:17 5                          /dev/shm/gone (deleted)",
      [("Rss", 70), ("Pss", 70), ("Private_Dirty", 70)]),
    mapping(
      "7f6000-7f7000 rw-s 00000000 00:0f 5  /anon_hugepage (deleted)",
      [("Rss", 0), ("Private_Hugetlb", 4096)]),
    mapping(
      "7ffc00-7ffd00 rw-p 00000000 00:00 0                          [stack]",
      [("Rss", 24), ("Pss", 24), ("Private_Dirty", 24), ("Anonymous", 24)]),
    mapping(
      "7ffe00-7fff00 r-xp 00000000 00:00 0                          [vdso]",
      [("Rss", 4), ("Pss", 0), ("Shared_Clean", 4)]),
  ].joined()

  private static let parts: [ProcessMappings.Kind: ProcessMappings.Sizes] = [
    .sharedFile: .init(residentKB: 84),
    .privateFile: .init(residentKB: 28, privateKB: 28),
    .data: .init(residentKB: 44, privateKB: 44, swappedKB: 4),
    .heap: .init(residentKB: 500, privateKB: 300, swappedKB: 16, lockedKB: 100),
    .mmap: .init(residentKB: 64, privateKB: 64),
    .sharedAnonymous: .init(residentKB: 1000),
    .sysv: .init(residentKB: 2000, privateKB: 2000, swappedKB: 8),
    .memfd: .init(residentKB: 300, privateKB: 300),
    .tmpfs: .init(residentKB: 770, privateKB: 770),
    .hugePages: .init(residentKB: 4096, privateKB: 4096),
    .stack: .init(residentKB: 24, privateKB: 24),
  ]

  private static func read(_ text: String, piece: Int) -> ProcessMappings {
    read(Array(text.utf8), piece: piece)
  }

  private static func read(_ text: [UInt8], piece: Int) -> ProcessMappings {
    var mappings = ProcessMappings(tmpfs: [DeviceNumber(major: 0, minor: 0x17)])
    var rest = text[...]
    while !rest.isEmpty {
      mappings.read(rest.prefix(piece))
      rest = rest.dropFirst(piece)
    }
    mappings.finish()
    return mappings
  }

  @Test(arguments: [1, 7, 4096, 1 << 20])
  func mappingsAreAddedUpByWhatTheyAre(piece: Int) {
    let mappings = Self.read(Self.text, piece: piece)
    #expect(mappings.parts.filter { $0.value != .init() } == Self.parts)
    #expect(mappings.proportionalKB == 4170)
    #expect(mappings.total.residentKB == 8910)
  }

  private static func segments(_ mode: String, attachments: Int) -> [SharedSegment] {
    SharedSegment.table(
      Array("0 98305 \(mode) 67108864 1 1 \(attachments) 0 0 0 0 0 0 0 2048000 8192\n".utf8))
  }

  @Test func whatHasANameStaysWhenItsProcessEnds() {
    let mappings = Self.read(Self.text, piece: 4096)
    let freed: UInt64 = 44 + 300 + 64 + 4096 + 24 + 300 + 70 + 16
    var stays: [ExitEffect.Rest] = [
      .init(.segment, Array("/SYSV00000000 (deleted)".utf8), kb: 2000), .init(.others, kb: 84 + 200 + 1000),
      .init(.file, Array("/dev/shm/x: y".utf8), kb: 700), .init(.cache, kb: 28),
    ]
    var effect = ExitEffect(mappings, pgtablesKB: 16, segments: Self.segments("600", attachments: 1))
    #expect(effect.freedKB == freed)
    #expect(effect.freedSwapKB == 4 + 16)
    #expect(effect.stays == stays)
    // Told to go with its last process, it does; but not before the last.
    effect = ExitEffect(mappings, pgtablesKB: 16, segments: Self.segments("1600", attachments: 2))
    #expect(effect.stays == stays)
    effect = ExitEffect(mappings, pgtablesKB: 16, segments: Self.segments("1600", attachments: 1))
    stays.removeFirst()
    #expect(effect.stays == stays)
    #expect((effect.freedKB, effect.freedSwapKB) == (freed + 2000, 28))
  }

  @Test(arguments: [
    "", "Rss: 8 kB\n", "7f-8 rw-p\n", "\n\n:::\n", "zz-yy rwxp 0 0:0 0\nRss: 99999999999999999999 kB\n",
  ])
  func brokenTextHoldsNothing(text: String) {
    #expect(Self.read(text, piece: 3).total == .init())
  }

  @Test func brokenTextIsReadTheSameWhereverItIsCut() {
    var random = SeededRandom.printed()
    let text = Array(Self.text.utf8)
    for _ in 0..<300 {
      var broken = text
      for _ in 0..<20 {
        broken[Int.random(in: 0..<broken.count, using: &random)] = .random(in: 0...255, using: &random)
      }
      let whole = Self.read(broken, piece: broken.count)
      let pieces = Self.read(broken, piece: .random(in: 1...200, using: &random))
      #expect(pieces.parts == whole.parts && pieces.objects == whole.objects)
      #expect(pieces.proportionalKB == whole.proportionalKB)
      let effects = [whole, pieces].map { ExitEffect($0, pgtablesKB: .max, segments: []) }
      #expect(effects[0] == effects[1])
    }
  }
}
