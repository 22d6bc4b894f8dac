import GuardCore
import Testing

struct DangerTests {
  private func rule(
    _ unit: String, _ kind: Rule.Kind = .protect, scope: Rule.Scope?
  ) throws -> Rule {
    var selector = Selector()
    selector.units = [try Glob(unit, as: .name)]
    return Rule(
      name: "x", kind: kind, amount: .score(.lastResort), scope: scope, selector: selector,
      position: SourcePosition(file: "x", line: 1, column: 1))
  }

  @Test(arguments: [
    ("ssh.service", Rule.Scope.all, ["ssh.service"]),
    ("ssh*.service", .all, ["ssh.service", "sshd.service"]),
    ("ssh.service", .main, []), ("postgresql@*.service", .all, []),
  ])
  func unitsThatGiveShellsAreNamed(unit: String, scope: Rule.Scope, named: [String]) throws {
    #expect(
      Danger.of(try rule(unit, scope: scope), score: .lastResort) == named.map { .protectsSessions(unit: $0) }
    )
  }

  @Test func aScoreThatProtectsNobodyIsNoDanger() throws {
    #expect(Danger.of(try rule("ssh.service", scope: .all), score: .zero) == [])
    #expect(Danger.of(try rule("ssh.service", .sacrifice, scope: nil), score: .lastResort) == [])
  }

  @Test func theMendIsACommand() {
    let danger = Danger.unitEndsWithChild(unit: "db.service", policy: "stop")
    #expect(
      danger.description
        == "OOMPolicy=stop ends 'db.service' when the kernel kills any process of it; mend it with: "
        + "systemctl edit db.service, and there [Service] and OOMPolicy=continue")
  }
}
