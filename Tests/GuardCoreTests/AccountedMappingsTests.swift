import GuardCore
import Testing

struct AccountedMappingsTests {
  private static let text = Array(
    """
    55d0c0a00000-55d0c0a21000 rw-p 00000000 00:00 0                          [heap]
    Size:                132 kB
    KernelPageSize:        4 kB
    Rss:                  96 kB
    VmFlags: rd wr mr mw me ac sd
    7f0000000000-7f0000100000 r--s 00000000 08:01 42                         /tmp/Size: 7 kB\\012VmFlags: ac
    Size:               1024 kB
    VmFlags: rd mr me ms
    7f0000200000-7f0000300000 rw-p 00000000 00:00 0
    Size:               2048 kB
    VmFlags: rd wr mr mw me dc ac
    7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]
    Size:                 64 kB
    VmFlags: rd wr mr mw me gd ac

    """.utf8)

  @Test func onlyWhatTheKernelChargesAndTheChildGetsCounts() {
    var mappings = AccountedMappings()
    mappings.read(Self.text[...])
    #expect((mappings.totalKB, mappings.largestKB, mappings.hasFlags) == (196, 132, true))
  }

  @Test func anyCutIntoPiecesTellsTheSame() {
    for size in 1...Self.text.count {
      var mappings = AccountedMappings()
      var rest = Self.text[...]
      while !rest.isEmpty {
        mappings.read(rest.prefix(size))
        rest = rest.dropFirst(size)
      }
      #expect((mappings.totalKB, mappings.largestKB, mappings.hasFlags) == (196, 132, true))
    }
  }

  @Test(arguments: [
    "", "Size: 7 kB\n", "VmFlags", "Size:\nVmFlags: ac\n", "Size: many kB\nVmFlags: ac\n", "VmFlags: ac\n",
  ])
  func whatIsNotThereCountsNothing(text: String) {
    var mappings = AccountedMappings()
    mappings.read(Array(text.utf8)[...])
    #expect((mappings.totalKB, mappings.largestKB) == (0, 0))
    #expect(mappings.hasFlags == text.hasSuffix("VmFlags: ac\n"))
  }

  @Test func aLineWithoutEndIsBounded() {
    var mappings = AccountedMappings()
    for _ in 0..<100 { mappings.read(Array(repeating: UInt8(ascii: "x"), count: 10_000)[...]) }
    mappings.read(Array("\nSize: 7 kB\nVmFlags: ac\n".utf8)[...])
    #expect(mappings.totalKB == 7)
  }
}
