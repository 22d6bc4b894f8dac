import GuardCore
import Testing

@testable import GuardReport

struct PressureHistoryTests {
  private func pressure(_ some: UInt64, _ full: UInt64) -> Pressure {
    func line(_ total: UInt64) -> Pressure.Line {
      .init(avg10: 0, avg60: 0, avg300: 0, totalMicroseconds: total)
    }
    return Pressure(some: line(some), full: line(full))
  }

  @Test func aLookIsTheShareOfTheTimeSinceTheOneBefore() {
    var history = PressureHistory()
    history.add(pressure(1000, 0), at: .seconds(10))
    #expect(history.shares == [])
    history.add(pressure(101_000, 50_000), at: .seconds(11))
    #expect(history.shares == [.init(some: 1000, full: 500)])
    // More than the time that passed, as when the kernel adds up late; and a counter that fell back.
    history.add(pressure(9_101_000, 0), at: .seconds(12))
    #expect(history.shares.last == .init(some: 10_000, full: 0))
    // The clock stood still: nothing can be said.
    history.add(pressure(9_101_000, 0), at: .seconds(12))
    #expect(history.shares.count == 2)
  }

  @Test func whatIsNotToldLeavesAGap() {
    var history = PressureHistory()
    history.add(pressure(0, 0), at: .seconds(1))
    history.add(nil, at: .seconds(2))
    history.add(pressure(5, 0), at: .seconds(3))
    #expect(history.shares == [])
  }

  @Test func itDoesNotGrow() {
    var history = PressureHistory()
    for second in 0..<5000 { history.add(pressure(UInt64(second) * 1000, 0), at: .seconds(second)) }
    #expect(history.shares.count == PressureHistory.capacity)
  }

  @Test func theNewestIsAtTheRightAndTheScaleFits() {
    var history = PressureHistory()
    for some in [0, 100, 1250, 2500] { history.add(.init(some: some, full: 0)) }
    let graph = PressureGraph(history, width: 6, in: Appearance())
    #expect(graph.scalePercent == 25)
    #expect(graph.rows(\.some, height: 2, colour: .caution) == ["     █", "   ▁██"])
    let plain = PressureGraph(history, width: 3, in: Appearance(hasUnicode: false))
    #expect(plain.rows(\.some, height: 1, colour: .caution) == [".:|"])
    let painted = PressureGraph(history, width: 5, in: Appearance(hasColour: true))
    #expect(painted.rows(\.some, height: 1, colour: .caution) == [" \u{1b}[33m ▁▄█\u{1b}[0m"])
    #expect(painted.rows(\.full, height: 1, colour: .bad) == ["     "])
  }
}
