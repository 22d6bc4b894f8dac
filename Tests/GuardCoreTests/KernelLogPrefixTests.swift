import GuardCore
import Testing

struct KernelLogPrefixTests {
  private static func line(_ text: String) -> KernelLine? { KernelLine(logLine: Array(text.utf8)[...]) }

  @Test(arguments: [
    ("", nil), ("kernel: ", nil), ("[   12.000345] ", 12_000_345), ("[12.000345]", 12_000_345),
    ("[    1.5] ", 1_500_000),
    ("<3>[   12.000345] ", 12_000_345), ("<3>", nil), ("[   12.000345] [    T7] ", 12_000_345),
    ("[   12.000345][  C1] ", 12_000_345), ("[   12.000345 <    0.000020>] ", 12_000_345),
    ("[   12.000345@1] ", 12_000_345),
    ("[Mon May  4 10:00:00 2026] ", nil), ("[Di Mai  4 10:00:00 2026] ", nil), ("[May 4 10:00] ", nil),
    ("[  +0.000012] ", nil),
    ("2026-05-04T10:00:00,000345+02:00 ", nil), ("kern  :err   : [   12.000345] ", 12_000_345),
    ("kern  :warn  : ", nil),
    ("May  4 10:00:00 host kernel: ", nil), ("May 4 10:00:00 host kernel: [   12.000345] ", 12_000_345),
    ("May  4 10:00:00 kernel: [   12.000345] ", 12_000_345), ("May 04 10:00:00.123456 host kernel: ", nil),
    ("May  4 2026 10:00:00 host kernel: ", nil),
    ("Mon 2026-05-04 10:00:00 CEST host kernel: ", nil), ("2026-05-04 10:00:00 host kernel: ", nil),
    ("2026-05-04T10:00:00.123456+02:00 host kernel: [   12.000345] ", 12_000_345),
    ("2026-05-04T10:00:00+0200 host kernel: ", nil), ("2026-05-04T10:00:00Z kernel: ", nil),
    ("[   12.000345] host kernel: ", 12_000_345), ("1795355004.629277 host kernel: ", nil),
    ("<3>1 2026-05-04T10:00:00.123456+02:00 host kernel - - - [   12.000345] ", 12_000_345),
    ("May  4 10:00:00 host kern.err kernel: [   12.000345] ", 12_000_345),
    ("Mon May  4 10:00:00 2026 kern.err kernel: [   12.000345] ", 12_000_345),
    ("** 15 printk messages dropped ** [   12.000345] ", 12_000_345),
    ("host login: [   12.000345] ", 12_000_345),
    ("[2026-05-04 10:00:02 UTC] kernel: ", nil), ("   [   12.000345] ", 12_000_345),
  ])
  func theKernelsTextIsFoundBehind(prefix: String, microseconds: UInt64?) throws {
    for text in ["Out of memory: Killed process 1 (x)", "a: b[1]: c invoked oom-killer: gfp_mask=0x0()"] {
      let line = try #require(Self.line(prefix + text))
      #expect(String(decoding: line.text, as: UTF8.self) == text)
      #expect(line.microseconds == microseconds)
      #expect(line.sequence == nil)
    }
  }

  @Test func aRawRecordGivesAll() {
    #expect(
      Self.line(#"3,88,1200,-,caller=T7;a\x0ab"#)
        == KernelLine(text: Array("a\nb".utf8)[...], sequence: 88, microseconds: 1200, caller: .task(7)))
    #expect(
      Self.line("[    0.001200][    T7] a\r")
        == KernelLine(text: Array("a".utf8)[...], microseconds: 1200, caller: .task(7)))
  }

  @Test(arguments: [
    "11,9657,44307151,-;", "<11>", "<14>[   12.0] ", "<30>1 2026-05-04T10:00:00Z host app - - - ",
    "<3>1 2026-05-04T10:00:00Z host app 1 - - kernel: ", "May  4 10:00:00 host app[1]: ",
    "May  4 10:00:00 host app: kernel: ",
    "May  4 10:00:00 host kernel[1]: ", "May  4 10:00:00 ", "2026-05-04T10:00:00.123456+02:00 host app[1]: ",
    "2026-05-04T10:00:00Z ", "Mon 2026-05-04 10:00:00 CEST host app[1]: ", "1795355004.629277 host app: ",
    "user  :err   : [   12.0] ", "daemon:info  : [   12.0] ", "Mon May  4 10:00:00 2026 daemon.err app[1]: ",
  ])
  func anotherProgramsLineIsNot(prefix: String) {
    #expect(Self.line(prefix + "Out of memory: Killed process 1 (x)") == nil)
  }

  /// Text that is not a prefix is left where it is: no kill line begins behind it.
  @Test(arguments: [
    "app[1]: ", "foo ", "[   12.0] app[1]: ", "[x] ", "[1905] ", "Mon ", "<", "[", "12,", "kernel ",
    "May  4 ",
  ])
  func whatIsNoPrefixStays(prefix: String) throws {
    let line = try #require(Self.line(prefix + "Out of memory: Killed process 1 (x)"))
    var reader = OOMReportReader()
    #expect(reader.read(line) == nil)
  }
}
