import GuardCore
import GuardTestSupport
import Testing

struct SavedStateTests {
  private static let boot = Array("6a5ae0be-33e1".utf8)

  private func read(_ text: String, boot: [UInt8] = SavedStateTests.boot) -> SavedState? {
    SavedState(Array(text.utf8), boot: boot)
  }

  private func state(
    _ bases: [(Int32, UInt64, Int)], told: SavedState.Told? = nil, lines: Int? = nil
  ) throws -> SavedState {
    var state = SavedState()
    for (pid, start, base) in bases {
      let base: OOMScoreAdj = try #require(OOMScoreAdj(base))
      state.debts[ProcessIdentity(pid: pid, startTicks: start)] = Debt(base: base, written: nil)
    }
    (state.told, state.lines) = (told, lines ?? bases.count)
    return state
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let process = ProcessIdentity(pid: .max, startTicks: .max)
    let told = SavedState.Told(sequence: .max, total: 3, protected: 1, unlogged: 2, accounted: .max)
    let text =
      SavedState.header(boot: Self.boot)
      + SavedState.text(process, Debt(base: .immune, written: nil)) + SavedState.line(told)
    #expect(
      text == "boot 6a5ae0be-33e1\nbase 2147483647 18446744073709551615 -1000\n"
        + "told 18446744073709551615 3 1 2 18446744073709551615\n")
    #expect(read(text) == (try state([(.max, .max, -1000)], told: told, lines: 2)))
    var tallied = told
    for (constraint, isProtected) in [(OOMKill.Constraint.memcg, false), (.global, true), (.memcg, true)] {
      tallied.tally.add(constraint, isProtected: isProtected)
    }
    let line = "told 18446744073709551615 3 1 2 18446744073709551615 global:1:1 memcg:2:1\n"
    #expect(SavedState.line(tallied) == line)
    #expect(read(SavedState.header(boot: Self.boot) + line)?.told == tallied)
    let none = SavedState.Told(sequence: nil, total: 0, protected: 0, unlogged: 0, accounted: nil)
    #expect(SavedState.line(none) == "told - 0 0 0 -\n")
    #expect(
      read(SavedState.header(boot: Self.boot) + SavedState.line(none))
        == (try state([], told: none, lines: 1)))
  }

  @Test(arguments: [
    ("", false), ("\n", false), ("boot 6a5a", false), ("base 7 8 1\n", false), ("boot 6a5ae0be-33e1\n", true),
    ("boot of another\nbase 7 8 1\n", true),
  ])
  func aBrokenStateIsToldFromThatOfAnotherBoot(text: String, isOne: Bool) {
    #expect(SavedState.isOne(Array(text.utf8)) == isOne)
  }

  @Test func theLastLineOfItsKindCounts() throws {
    let text = "boot 6a5ae0be-33e1\nbase 7 8 1\ntold 1 2 3 4 5\nbase 7 8 2\nbase 7 9 3\ntold 4 5 6 7 8\n"
    let told = SavedState.Told(sequence: 4, total: 5, protected: 6, unlogged: 7, accounted: 8)
    #expect(read(text) == (try state([(7, 8, 2), (7, 9, 3)], told: told, lines: 5)))
  }

  @Test func whatWasWrittenIsReadBackAndWhatWasWrittenBefore() throws {
    let process = ProcessIdentity(pid: 7, startTicks: 8)
    let debts = try [
      Debt(base: .zero, written: .immune),
      Debt(base: .zero, written: .immune, writtenBefore: score(-900)),
    ]
    let texts = debts.map { SavedState.text(process, $0) }
    #expect(texts == ["base 7 8 0 -1000\n", "base 7 8 0 -900\nbase 7 8 0 -1000\n"])
    for (debt, text) in zip(debts, texts) {
      #expect(read("boot 6a5ae0be-33e1\n" + text)?.debts == [process: debt])
    }
    // The same twice is once.
    #expect(read("boot 6a5ae0be-33e1\n" + texts[1] + texts[0])?.debts == [process: debts[1]])
  }

  @Test func aTornLastLineIsIgnored() throws {
    let whole = "boot 6a5ae0be-33e1\nbase 7 8 1\n"
    for torn in ["b", "base 9 10", "base 9 10 -5", "base 9 10 -5 -900", "told 1 2 3 4 5"] {
      #expect(read(whole + torn) == (try state([(7, 8, 1)])), "\(torn)")
    }
    #expect(read("boot 6a5ae0be-33e1") == nil)
    #expect(read("boot 6a5ae0be-33e1\n") == SavedState())
  }

  @Test(arguments: [
    "", "\n", "boot \n", "boot 6a5ae0be-33e\nbase 7 8 1\n", "boot 6a5ae0be-33e12\nbase 7 8 1\n",
    "base 7 8 1\nboot 6a5ae0be-33e1\n", " boot 6a5ae0be-33e1\nbase 7 8 1\n",
  ])
  func anotherBootsFileCountsForNothing(text: String) { #expect(read(text) == nil) }

  @Test(arguments: [
    "base 7 8", "base 7 8 1 2 3", "base 7 8 1 1001", "base 7 8 1 x", "base 7 8 1001", "base 7 8 -1001",
    "base 7 -8 1", "base 99999999999 8 1",
    "told 1 2 3 4 5 memcg", "told 1 2 3 4 5 memcg:1", "told 1 2 3 4 5 memcg:1:2", "told 1 2 3 4 5 swap:1:0",
    "told 1 2 3 4 5 memcg:1:x", "told 1 2 3 4 5 memcg:1:0 memcg:1:0", "told 1 2 3 4 5 memcg:1:0:0",
    "base 7 18446744073709551616 1", "base x 8 1", "base  7 8 +1", "Base 7 8 1", "told 1 2 3 4",
    "told -1 2 3 4 5", "told 1 - 3 4 5", "told x 2 3 4 5", "told 1 2 3 4 --", "told 1 2 3 4 5 6",
    "later 1 2 3", "\u{0}", "",
  ])
  func aLineThatIsNoneOfOursIsPassedOver(line: String) throws {
    let text = "boot 6a5ae0be-33e1\nbase 1 2 3\n\(line)\nbase 4 5 6\n"
    #expect(read(text) == (try state([(1, 2, 3), (4, 5, 6)])))
  }

  @Test func anyBytesAtAllAreSurvived() {
    var random = SeededRandom.printed()
    let words = [
      "boot 6a5ae0be-33e1", "base", "told", " ", "\n", "7", "-1000", "18446744073709551615", "\u{ff}",
    ]
    for _ in 0..<2000 {
      var text: [UInt8] = Bool.random(using: &random) ? Array("boot 6a5ae0be-33e1\n".utf8) : []
      for _ in 0..<Int.random(in: 0..<40, using: &random) {
        if Int.random(in: 0..<8, using: &random) == 0 {
          text.append(.random(in: 0...255, using: &random))
        } else {
          text += words.randomElement(using: &random)?.utf8 ?? "".utf8
        }
      }
      // A prefix is a crash at that byte: it never tells of more lines than the whole.
      let whole = SavedState(text, boot: Self.boot)
      let cut = SavedState(Array(text.prefix(.random(in: 0...text.count, using: &random))), boot: Self.boot)
      if let cut { #expect(cut.lines <= whole?.lines ?? -1) }
    }
  }
}
