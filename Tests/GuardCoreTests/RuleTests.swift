import GuardCore
import Testing

struct RuleTests {
  private func score(_ value: Int) throws -> OOMScoreAdj { try #require(OOMScoreAdj(value)) }

  private func rule(_ kind: Rule.Kind) -> Rule {
    Rule(
      name: "x", kind: kind, amount: .score(.zero), scope: nil, selector: Selector(),
      position: SourcePosition(file: "x", line: 1, column: 1))
  }

  @Test func aProtectScoreIsACeilingAndASacrificeScoreAFloor() throws {
    for (carried, protected, sacrificed) in [(-501, true, false), (-500, true, true), (-499, false, true)] {
      let (carried, promised) = (try score(carried), try score(-500))
      #expect(rule(.protect).isKept(by: carried, promised: promised) == protected)
      #expect(rule(.sacrifice).isKept(by: carried, promised: promised) == sacrificed)
    }
  }

  @Test(
    arguments: [
      (1 << 30, 4 << 30, -250), (0, 4 << 30, 0), (1, 4 << 30, 0), (4 << 30, 4 << 30, -999),
      (5 << 30, 4 << 30, -999),
      ((4 << 30) - 1, 4 << 30, -999), (1 << 30, 0, 0), (UInt64.max, UInt64.max, -999),
      (UInt64.max / 2, UInt64.max, -499),
    ] as [(UInt64, UInt64, Int)])
  func anAllowanceIsTheScoreThatTakesThatMuchOff(bytes: UInt64, total: UInt64, expected: Int) throws {
    #expect(Rule.Amount.allowance(bytes: bytes).score(totalBytes: total) == (try score(expected)))
  }

  @Test func aPlainScoreIsTheSameOnEveryMachine() throws {
    #expect(Rule.Amount.score(.immune).score(totalBytes: 0) == .immune)
    #expect(try Rule.Amount.oomAdj(-16).score(totalBytes: 1 << 30) == score(-941))
  }
}
