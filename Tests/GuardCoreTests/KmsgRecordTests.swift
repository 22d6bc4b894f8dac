import GuardCore
import Testing

struct KmsgRecordTests {
  private static func record(_ text: String) throws -> KmsgRecord { try KmsgRecord(Array(text.utf8)) }

  @Test func aRecordIsReadWithoutItsDictionary() throws {
    let record = try Self.record("6,339,5140900,-;NET: Registered\n SUBSYSTEM=net\n DEVICE=+x\n")
    #expect(record.level == 6)
    #expect(record.facility == 0)
    #expect(record.sequence == 339)
    #expect(record.microseconds == 5_140_900)
    #expect(!record.isFragment)
    #expect(record.caller == nil)
    #expect(record.text == Array("NET: Registered".utf8)[...])
    #expect(record.isFromKernel)
  }

  @Test func whatAProgramWroteHasItsFacility() throws {
    let record = try Self.record("30,340,5690716,-;udevd[80]: starting\n")
    #expect((record.level, record.facility) == (6, 3))
    #expect(!record.isFromKernel)
  }

  @Test(arguments: [
    ("6,1,2,c;a", true, nil), ("6,1,2,+;a", true, nil),
    ("6,1,2,-,caller=T12845;a", false, KernelLine.Caller.task(12845)),
    ("6,1,2,c,caller=C3;a", true, .processor(3)), ("6,1,2,-,more=1,caller=T1;a", false, .task(1)),
    ("6,1,2,-,caller=X1;a", false, nil), ("6,1,2,-,caller=T;a", false, nil),
    ("6,1,2,-,caller=T99999999999;a", false, nil),
    ("6,1,2;a", false, nil),
  ])
  func flagsAndCallerAreRead(text: String, isFragment: Bool, caller: KernelLine.Caller?) throws {
    let record = try Self.record(text)
    #expect(record.isFragment == isFragment)
    #expect(record.caller == caller)
    #expect(
      record.line == KernelLine(text: Array("a".utf8)[...], sequence: 1, microseconds: 2, caller: caller))
  }

  @Test(arguments: [
    (#"a\x0ab"#, "a\nb"), (#"a\x5cx20b"#, #"a\x20b"#), (#"\xc3\xbc"#, "ü"), (#"tail\"#, #"tail\"#),
    (#"\x4"#, #"\x4"#),
    (#"\xzz"#, #"\xzz"#), (#"\X41"#, #"\X41"#), ("a;b", "a;b"), ("", ""),
  ])
  func escapesAreUndoneOnce(escaped: String, plain: String) throws {
    #expect(try Self.record("6,1,2,-;\(escaped)\n").text == Array(plain.utf8)[...])
  }

  @Test(arguments: [
    ("", "text"), ("6,1,2,-", "text"), (";", "priority"), ("x,1,2,-;a", "priority"),
    ("-6,1,2,-;a", "priority"),
    ("6;a", "priority"), ("6,;a", "sequence"), ("6,1;a", "sequence"),
    ("6,99999999999999999999,2,-;a", "sequence"),
    ("6,1,x,-;a", "timestamp"), ("6,1,;a", "timestamp"),
  ])
  func brokenTextNamesTheMissingField(text: String, field: String) {
    #expect(throws: KernelTextError(missing: field)) { try Self.record(text) }
  }

  @Test(arguments: [
    "6,339,5140900,-;NET", "30,340,5690716,-,caller=T1;x", "6,1,2;a", "0,0,0,-;",
    "18446744073709551615,18446744073709551615,18446744073709551615,-;",
  ])
  func theHeadIsThatOfTheWholeRecord(text: String) throws {
    let head = try #require(KmsgRecord.Head(Array(text.utf8)[...]))
    let record = try Self.record(text)
    #expect(head.isFromKernel == record.isFromKernel)
    #expect((head.sequence, head.microseconds) == (record.sequence, record.microseconds))
  }

  @Test(arguments: [
    "", ";", "6", "6,", "6,1", "6,1,2", "6,1,;a", ",1,2;a", "6,,2;a", "6;1,2,-;a", "-6,1,2;a", "6 ,1,2;a",
    "6,1,2x;a",
    "18446744073709551616,1,2;a", "6,99999999999999999999,2;a",
  ])
  func aBrokenHeadIsRefused(text: String) {
    #expect(KmsgRecord.Head(Array(text.utf8)[...]) == nil)
  }
}
