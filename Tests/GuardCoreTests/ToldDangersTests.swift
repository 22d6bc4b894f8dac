import GuardCore
import Testing

struct ToldDangersTests {
  private func danger(_ number: Int) -> Danger { .immuneWithoutLimit(comm: "sshd", pid: Int32(number)) }

  /// As text, since a tuple cannot be compared.
  private func told(_ dangers: inout ToldDangers, _ found: [String: [Danger]]) -> [String] {
    dangers.tell(found).map { "\($0.rule): \($0.danger)" }
  }

  @Test func eachIsToldOnceAlsoIfItComesBack() {
    var dangers = ToldDangers()
    #expect(
      told(&dangers, ["b": [danger(1)], "a": [danger(2), danger(1)]])
        == ["a: \(danger(2))", "a: \(danger(1))", "b: \(danger(1))"])
    #expect(told(&dangers, ["a": [danger(3)]]) == ["a: \(danger(3))"])
    #expect(told(&dangers, ["b": [danger(1)], "a": [danger(1), danger(2)]]) == [])
  }

  @Test func ofManyThoseThatAreNoMoreAreForgotten() {
    var dangers = ToldDangers()
    for number in 1...10_000 {
      #expect(told(&dangers, ["a": [danger(0), danger(number)]]).count == (number == 1 ? 2 : 1))
      #expect(dangers.count <= ToldDangers.manyTold)
    }
  }
}
