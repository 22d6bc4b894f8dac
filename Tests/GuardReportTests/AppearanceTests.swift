import GuardReport
import Testing

struct AppearanceTests {
  @Test(
    arguments: [
      (nil, [:], Appearance(width: nil, hasColour: false, hasUnicode: false)),
      (
        nil, ["TERM": "xterm", "LANG": "C.UTF-8"], Appearance(width: nil, hasColour: false, hasUnicode: true)
      ),
      (
        120, ["TERM": "xterm", "LANG": "de_DE.utf8"],
        Appearance(width: 120, hasColour: true, hasUnicode: true)
      ),
      (120, ["TERM": "dumb", "LANG": "C"], Appearance(width: 120, hasColour: false, hasUnicode: false)),
      (120, [:], Appearance(width: 120, hasColour: false, hasUnicode: false)),
      (120, ["TERM": "xterm", "NO_COLOR": "1"], Appearance(width: 120, hasColour: false, hasUnicode: false)),
      (120, ["TERM": "xterm", "NO_COLOR": ""], Appearance(width: 120, hasColour: true, hasUnicode: false)),
      (0, ["TERM": "xterm"], Appearance(width: 80, hasColour: true, hasUnicode: false)),
      (7, ["TERM": "xterm"], Appearance(width: 40, hasColour: true, hasUnicode: false)),
      (
        80, ["LC_ALL": "C", "LANG": "en_US.UTF-8", "TERM": "vt100"],
        Appearance(width: 80, hasColour: true, hasUnicode: false)
      ),
      (
        80, ["LC_ALL": "", "LC_CTYPE": "C.UTF-8", "LANG": "C", "TERM": "vt100"],
        Appearance(width: 80, hasColour: true, hasUnicode: true)
      ),
    ] as [(Int?, [String: String], Appearance)])
  func theSurroundingsDecide(columns: Int?, environment: [String: String], expected: Appearance) {
    #expect(Appearance(terminalColumns: columns) { environment[$0] } == expected)
  }

  @Test func nothingIsPaintedWithoutColour() {
    #expect(Appearance(hasColour: false).paint("x", .bad) == "x")
    #expect(Appearance(hasColour: true).paint("x", .bad) == "\u{1b}[1;31mx\u{1b}[0m")
    #expect(Appearance(hasColour: true).paint("x", nil) == "x")
  }
}
