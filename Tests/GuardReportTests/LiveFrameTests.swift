import Testing

@testable import GuardReport

struct LiveFrameTests {
  /// A terminal that is five columns wide, and what goes to it.
  private final class Line {
    var frame = LiveFrame()
    var now = Duration.seconds(1)

    func show(_ lines: String..., width: Int = 5) -> Bool { frame.show(lines, width: width, at: now) }
    /// All that waits is taken by the line, and lies between us and the terminal.
    func take() -> String {
      defer { frame.sent(frame.queue.count) }
      return String(decoding: frame.queue, as: UTF8.self)
    }
    func answer() { frame.arrived() }
  }

  private let line = Line()
  private static let question = "\u{1b}[5n"

  @Test func onlyWhatChangedIsSent() {
    #expect(line.show("a", "b"))
    #expect(line.take() == "\u{1b}[0m\u{1b}[2J\u{1b}[1;1Ha\u{1b}[K\u{1b}[2;1Hb\u{1b}[K\(Self.question)")
    line.answer()
    #expect(line.show("a", "c"))
    #expect(line.take() == "\u{1b}[2;1Hc\u{1b}[K\(Self.question)")
    line.answer()
    #expect(line.show("a", "c"))
    #expect(!line.frame.isOnItsWay)
  }

  @Test func aFrameThatComesWhileAnotherIsBeingSentIsDropped() {
    #expect(line.show("a"))
    let first = line.frame.queue
    line.frame.sent(3)
    #expect(!line.show("b"))
    #expect(line.frame.queue == first.dropFirst(3))
    _ = line.take()
    line.answer()
    #expect(line.show("c"))
    #expect(line.take() == "\u{1b}[1;1Hc\u{1b}[K\(Self.question)")
  }

  @Test func aFrameThatTheTerminalHasNotReachedHoldsTheNextBack() {
    #expect(line.show("a"))
    _ = line.take()
    #expect(!line.show("b"))
    line.answer()
    #expect(line.show("c"))
    _ = line.take()
    // It is known to answer: a slow line is waited for, but not for ever.
    line.now += .seconds(29)
    #expect(!line.show("d"))
    line.now += .seconds(1)
    #expect(line.show("e"))
    #expect(line.frame.isAsked)
  }

  @Test func aTerminalThatNeverAnswersIsNotAskedAgain() {
    #expect(line.show("a"))
    _ = line.take()
    #expect(line.frame.deadline == .seconds(4))
    line.now = .seconds(4)
    #expect(line.show("b"))
    #expect(line.take() == "\u{1b}[1;1Hb\u{1b}[K")
    #expect(!line.frame.isOnItsWay && line.frame.deadline == nil)
  }

  @Test func anotherSizeIsDrawnWhole() {
    let whole = "\u{1b}[0m\u{1b}[2J\u{1b}[1;1Ha\u{1b}[K\(Self.question)"
    for width in [5, 6] {
      #expect(line.show("a", width: width))
      #expect(line.take() == whole)
      line.answer()
    }
  }

  @Test func theLastColumnIsNotErased() {
    #expect(line.show("ab", "\u{1b}[1mab\u{1b}[0m", "漢", width: 2))
    #expect(!line.take().contains("\u{1b}[K"))
  }
}
