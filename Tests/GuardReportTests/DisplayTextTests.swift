import GuardReport
import Testing

struct DisplayTextTests {
  @Test(arguments: [
    ("postgres", 8), ("", 0), ("hög", 3), ("ho\u{308}g", 3), ("漢字", 4), ("ｗｉｄｅ", 8), ("🙂", 2), ("한글", 4),
    ("…", 1), ("á̂̃", 1), ("a\u{200b}b", 2),
  ])
  func columnsAreThoseOfATerminal(text: String, width: Int) { #expect(text.displayWidth == width) }

  @Test(arguments: [
    ("a\u{1b}[31mb\n", #"a\x1b[31mb\x0a"#), ("\u{202e}live", #"\xe2\x80\xaelive"#),
    ("\u{2028}\u{85}\u{7f}", #"\xe2\x80\xa8\xc2\x85\x7f"#), ("hög 漢🙂", "hög 漢🙂"), (#"\x01"#, #"\x01"#),
  ])
  func whatWouldSteerTheTerminalIsEscaped(text: String, shown: String) {
    #expect(text.shown(in: Appearance()) == shown)
  }

  @Test func withoutUnicodeOnlyASCIIIsShown() {
    #expect("hög 漢".shown(in: Appearance(hasUnicode: false)) == #"h\xc3\xb6g \xe6\xbc\xa2"#)
  }

  @Test(arguments: [
    ("postgres", 8, "postgres"), ("postgres", 7, "postgr…"), ("漢字漢字", 7, "漢字漢…"), ("漢字漢字", 6, "漢字…"),
    ("postgres", 1, "p"), ("postgres", 0, ""), ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
  ])
  func cutTextNeverExceedsItsWidth(text: String, width: Int, cut: String) {
    #expect(text.truncated(toWidth: width, ellipsis: "…") == cut)
    #expect(text.truncated(toWidth: width, ellipsis: "…").displayWidth <= width)
  }
}
