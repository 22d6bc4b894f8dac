import Foundation
import GuardTestSupport
import Testing

extension LiveTests {
  struct Histories {
    /// `OOMGUARD_TEST_ROUNDS` makes it longer.
    private static let rounds =
      ProcessInfo.processInfo.environment["OOMGUARD_TEST_ROUNDS"].flatMap { Int($0) } ?? 10

    @Test(
      .enabled(if: OwnCgroup.unitTop != nil, "no hierarchy of systemd's can be written to here"),
      .enabled(if: Machine.hasProcessEvents, "this kernel tells nobody of new processes"))
    func everyPromiseIsKeptAndEveryBaseComesBackWhateverHappens() throws {
      var random = SeededRandom.printed()
      let history = try LiveHistory(SeededRandom(seed: random.next()), below: #require(OwnCgroup.unitTop))
      for _ in 0..<Self.rounds {
        for _ in 0..<Int.random(in: 5..<30, using: &random) { try history.live() }
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<3: try history.reload()
        case 3..<5: try history.crash()
        case 5..<7: try history.overrun(10)
        default: break
        }
        try history.quiet()
      }
      try history.stop()
      #expect(history.members.count > 6, "somebody was there to be guarded")
    }
  }
}
