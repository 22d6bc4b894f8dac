import Foundation
import GuardCore
import Testing

struct LogScanTests {
  @Test(arguments: [
    ("Killed process", 3), ("oom-kill:", 7), ("xx[    12]     0", 9), ("[12] 5", 3), ("will", 3), ("ill", 2),
    ("", nil),
    ("il l", nil), ("all", nil), ("[12]  ", 3), ("[12] x", nil), ("[12] ", nil), ("]", nil),
  ])
  func aPlaceIsFoundWhereverItLies(text: String, offset: Int?) {
    // Before, within and across the words that are looked at together.
    for shift in 0..<20 {
      let bytes = Array(repeating: UInt8(ascii: "\n"), count: shift) + Array(text.utf8)
      let scan = LogScan(bytes[...])
      #expect(scan.candidate == offset.map { $0 + shift })
      #expect(scan.newlines == shift)
    }
  }

  @Test func newlinesOfAnyNumberAreCounted() {
    for count in [0, 1, 7, 8, 2039, 2040, 2041, 5000, 100_000] {
      #expect(LogScan(Array(repeating: UInt8(ascii: "\n"), count: count)[...]).newlines == count)
    }
  }

  @Test func indicesAreThoseOfTheSlice() {
    let text = Array("\n\nKilled\nKilled".utf8)
    #expect(LogScan(text[9...]).candidate == 12)
    #expect(LogScan(text[9...]).newlines == 0)
  }
}
