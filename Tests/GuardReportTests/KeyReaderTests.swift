import GuardReport
import GuardTestSupport
import Testing

struct KeyReaderTests {
  /// The keys that are complete after each piece.
  private func keys(_ pieces: [UInt8]...) -> [[Key]] {
    var reader = KeyReader()
    return pieces.map { reader.keys($0) }
  }

  @Test(arguments: [
    ("q", [Key.character("q")]), ("é漢", [.character("é"), .character("漢")]), ("\r", [.enter]),
    ("\u{7f}", [.backspace]), ("\u{15}", [.eraseLine]), ("\u{1b}", [.escape]),
    ("\u{1b}\u{1b}", [.escape, .escape]), ("\u{1b}[A", [.other]),
    ("\u{1b}[1;5Cq", [.other, .character("q")]), ("\u{1b}OPq", [.other, .character("q")]),
    ("\u{1b}x", [.other]), ("\u{1b}[0nq", [.report, .character("q")]), ("\u{01}", [.other]), ("", []),
  ])
  func whatATerminalSendsIsKeys(text: String, wanted: [Key]) {
    #expect(keys(Array(text.utf8)) == [wanted])
  }

  @Test func aKeyMayComeInPieces() {
    #expect(keys([0xe6, 0xbc], [0xa2]) == [[], [.character("漢")]])
    #expect(keys(Array("\u{1b}[1".utf8), Array("~q".utf8)) == [[], [.other, .character("q")]])
  }

  @Test func whatIsNoKeyIsPassedOver() {
    let q = UInt8(ascii: "q")
    #expect(keys([0x80, 0xff, q]) == [[.other, .other, .character("q")]])
    // A sequence without an end is forgotten.
    #expect(
      keys(Array("\u{1b}[".utf8) + [UInt8](repeating: 0x31, count: 100), [q]) == [[], [.character("q")]])
  }

  @Test func noBytesStopIt() {
    var random = SeededRandom.printed()
    var reader = KeyReader()
    for _ in 0..<5000 {
      let count = Int.random(in: 0...8, using: &random)
      _ = reader.keys((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
    // Whatever was begun is at an end after so many.
    let last = reader.keys([UInt8](repeating: UInt8(ascii: "q"), count: 100)).last
    #expect(last == .character("q"))
  }
}
