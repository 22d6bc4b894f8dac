import GuardCore
import Testing

@testable import GuardSystemd

struct JournalEntryTests {
  private let common = """
    MESSAGE=postgres was killed
    MESSAGE_ID=8703eb901731406e87afcffdb13842d4
    PRIORITY=2
    SYSLOG_IDENTIFIER=oomguardd
    OOMGUARD_EVENT=kill

    """

  @Test func fieldsAreLinesOfNameAndValue() {
    var entry = JournalEntry(.kill, .critical, "postgres was killed")
    #expect(String(decoding: entry.datagram, as: UTF8.self) == common)
    entry.add("OOMGUARD_VICTIM_PID", "991")
    entry.add("OOMGUARD_VICTIM_UNIT", nil)
    entry.add("OOMGUARD_VICTIM_COMM", bytes: [0xff, 0x3d, 0])
    entry.add("OOMGUARD_RULE", "")
    entry.add("OOMGUARD_REPORT", bytes: nil)
    #expect(
      entry.datagram == Array("\(common)OOMGUARD_VICTIM_PID=991\nOOMGUARD_VICTIM_COMM=".utf8)
        + [0xff, 0x3d, 0] + Array("\nOOMGUARD_RULE=\n".utf8))
  }

  /// See "Native Journal Protocol": the name, a newline, the size as 64 bits little-endian, the value, a newline.
  @Test func aValueWithNewlinesCarriesItsSize() {
    var entry = JournalEntry(.kill, .critical, "postgres was killed")
    let long = [UInt8](repeating: 0x61, count: 0x1_0203) + [0x0a]
    entry.add("OOMGUARD_REPORT", bytes: long)
    entry.add("OOMGUARD_VICTIM_COMM", "\n")
    #expect(
      entry.datagram == Array("\(common)OOMGUARD_REPORT\n".utf8) + [4, 2, 1, 0, 0, 0, 0, 0] + long + [0x0a]
        + Array("OOMGUARD_VICTIM_COMM\n".utf8) + [1, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0x0a])
  }

  @Test func aMessageWithNewlinesCannotForgeAField() {
    let message = "x\nPRIORITY=0"
    let entry = JournalEntry(.config, .error, message)
    #expect(
      entry.datagram.starts(
        with: Array("MESSAGE\n".utf8) + [12, 0, 0, 0, 0, 0, 0, 0] + Array("\(message)\n".utf8))
    )
    #expect(entry.lines == "<3>x\n<3>PRIORITY=0\n")
    #expect(JournalEntry(.config, .debug, "").lines == "<7>\n")
  }

  @Test func theMoreImportantHasTheLowerNumber() {
    let all: [JournalEntry.Priority] = [.critical, .error, .warning, .notice, .info, .debug]
    #expect(all.map(\.rawValue) == [2, 3, 4, 5, 6, 7])
    #expect(all.shuffled().sorted() == all)
  }
}
