import Testing

@testable import GuardReport

struct PaintedTextTests {
  @Test(arguments: [
    ("abc", "ab"), ("a漢b", "a"), ("ab", "ab"), ("", ""), ("\u{1b}[1mabc\u{1b}[0m", "\u{1b}[1mab\u{1b}[0m"),
    ("\u{1b}[1mab\u{1b}[0mc", "\u{1b}[1mab\u{1b}[0m"), ("\u{1b}[1mab\u{1b}[0m", "\u{1b}[1mab\u{1b}[0m"),
    ("a\u{1b}[1mb\u{1b}[0m", "a\u{1b}[1mb\u{1b}[0m"), ("abc\u{1b}[1md\u{1b}[0m", "ab"),
  ])
  func itIsClippedByWhatIsSeen(text: String, clipped: String) {
    #expect(text.clipped(toWidth: 2) == clipped)
  }

  @Test func itIsAsWideAsWhatIsSeen() {
    #expect("\u{1b}[1m漢\u{1b}[0ma".visibleWidth == 3)
    #expect("\u{1b}[1ma\u{1b}[0m".visiblyPadded(toWidth: 3) == "\u{1b}[1ma\u{1b}[0m  ")
  }
}
