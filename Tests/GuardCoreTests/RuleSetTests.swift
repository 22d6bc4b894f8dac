import GuardCore
import Testing

private struct Process: ProcessFacts {
  var cgroup: CgroupPath?
  var comm: [UInt8]?
  var effectiveUID: UInt32?
  var exe: [UInt8]?
  var cmdline: [UInt8]?
  mutating func uid(named name: String) -> UInt32? { nil }
}

struct RuleSetTests {
  private func rule(
    _ amount: Rule.Amount = .score(.zero), _ change: (inout Selector) throws -> Void
  ) rethrows -> Rule {
    var selector = Selector()
    try change(&selector)
    return Rule(
      name: "x", kind: .protect, amount: amount, scope: nil, selector: selector,
      position: SourcePosition(file: "x", line: 1, column: 1))
  }

  private func rules() throws -> RuleSet {
    RuleSet(
      [
        try rule {
          $0.cgroups = [try Glob("/a.slice/*", as: .path)]
          $0.comms = [try Glob("db", as: .name)]
        },
        try rule { $0.comms = [try Glob("d*", as: .name)] },
        try rule { $0.cgroups = [try Glob("/a.slice/**", as: .path)] },
      ], totalBytes: 0)
  }

  @Test(arguments: [
    ("/a.slice/x", "db", 0), ("/a.slice/x", "dc", 1), ("/b.slice/x", "db", 1), ("/a.slice/x", "sh", 2),
    ("/a.slice/x/y", "sh", 2), ("/b.slice/x", "sh", nil),
  ])
  func theFirstRuleInFileOrderThatMatchesWins(cgroup: String, comm: String, expected: Int?) throws {
    var process = Process(cgroup: CgroupPath(cgroup.utf8), comm: Array(comm.utf8))
    #expect(try rules().firstMatch(&process) == expected)
  }

  private static let firstLooks: [(cgroup: String?, comm: String?, expected: RuleSet.FirstLook)] = [
    ("/a.slice/x", "db", .meant(0)), ("/a.slice/x", "dc", .meant(1)), ("/b.slice/x", "db", .meant(1)),
    ("/a.slice/x", "sh", .meant(2)), ("/b.slice/x", "sh", .stranger), (nil, "db", .meant(1)),
    ("/a.slice/x", nil, .meant(2)), (nil, nil, .stranger),
  ]

  @Test(arguments: firstLooks)
  func theFirstLookFindsTheSameRule(cgroup: String?, comm: String?, expected: RuleSet.FirstLook) throws {
    let rules = try rules()
    let candidates = rules.candidates(in: cgroup.map { CgroupPath($0.utf8) })
    var asked = 0
    let look = rules.firstLook(among: candidates) {
      asked += 1
      return comm.map { Array($0.utf8) }
    }
    #expect(look == expected)
    #expect(asked == 1)
  }

  @Test func theFirstLookIsUndecidedWhereARuleAsksForMore() throws {
    let rules = RuleSet(
      [
        try rule {
          $0.comms = [try Glob("db", as: .name)]
          $0.users = [.uid(1000)]
        },
        try rule { $0.comms = [try Glob("d?", as: .name)] },
      ], totalBytes: 0)
    func look(_ comm: String) -> RuleSet.FirstLook {
      rules.firstLook(among: rules.candidates(in: nil)) { Array(comm.utf8) }
    }
    #expect(["db", "dc", "sh"].map(look) == [.undecided, .meant(1), .stranger])
  }

  @Test func theFirstLookAsksForNoNameThatNoRuleDependsOn() throws {
    let rules = RuleSet([try rule { $0.cgroups = [try Glob("/a.slice/**", as: .path)] }], totalBytes: 0)
    func look(_ cgroup: String) -> RuleSet.FirstLook {
      rules.firstLook(among: rules.candidates(in: CgroupPath(cgroup.utf8))) {
        Issue.record("the comm was asked for")
        return nil
      }
    }
    #expect(["/a.slice/x", "/b.slice"].map(look) == [.meant(0), .stranger])
  }

  @Test(arguments: [("/a.slice/x", 0), ("/a.slice/x/y", 2), ("/b.slice/x", nil), ("/", nil)])
  func aCgroupIsAdmittedByTheFirstRuleThatNamesIt(cgroup: String, expected: Int?) throws {
    let path = CgroupPath(cgroup.utf8)
    #expect(try rules().firstAdmitting(path) == expected)
    #expect(try rules().reach(path).isNamed == (expected != nil))
  }

  private static let reaches: [(cgroup: String, candidates: [Int], scope: Rule.Scope?, goesBelow: Bool)] = [
    ("/", [1], nil, true), ("/a.slice", [1], nil, true), ("/a.slice/x.service", [0, 1, 2], .main, true),
    ("/a.slice/x.service/below", [0, 1, 2], .main, true), ("/a.slice/y.service", [1, 2], .all, true),
    ("/a.slice/z.service", [1], nil, false), ("/a.slice/z.service/below", [1], nil, false),
    // No unit lies there, and nothing below it can be one.
    ("/docker", [1], nil, false),
  ]

  @Test(arguments: reaches)
  func oneLookAtACgroupTellsAllThatTheRulesHaveToDoWithIt(
    cgroup: String, candidates: [Int], scope: Rule.Scope?, goesBelow: Bool
  ) throws {
    var (first, second) = (
      try rule { $0.units = [try Glob("x.service", as: .name)] },
      try rule { $0.units = [try Glob("[xy].service", as: .name)] }
    )
    (first.scope, second.scope) = (.main, .all)
    let rules = RuleSet(
      [first, try rule { $0.comms = [try Glob("d*", as: .name)] }, second], totalBytes: 0)
    var expected = RuleSet.Reach()
    (expected.candidates, expected.scope, expected.goesBelow) = (candidates, scope, goesBelow)
    expected.isNamed = scope != nil
    #expect(rules.reach(CgroupPath(cgroup.utf8)) == expected)
  }

  @Test func anywhereMayHoldACgroupThatIsNamedByItsPath() throws {
    let rules = RuleSet([try rule { $0.cgroups = [try Glob("/docker/**", as: .path)] }], totalBytes: 0)
    func reach(_ cgroup: String) -> [Bool] {
      let reach = rules.reach(CgroupPath(cgroup.utf8))
      return [reach.isNamed, reach.goesBelow]
    }
    #expect(["/", "/other", "/docker/0123"].map(reach) == [[false, true], [false, true], [true, true]])
  }

  @Test func allOfProcIsSearchedOnlyForARuleThatNamesNoCgroup() throws {
    let byCgroup = try rule { $0.units = [try Glob("x.service", as: .name)] }
    let byUserUnit = try rule {
      $0.userUnits = [try Glob("x.service", as: .name)]
      $0.users = [.uid(1000)]
    }
    let byName = try rule { $0.comms = [try Glob("x", as: .name)] }
    func needs(_ rules: [Rule]) -> [Bool] {
      let set = RuleSet(rules, totalBytes: 0)
      return [set.needsScan, set.needsCgroups]
    }
    #expect(needs([]) == [false, false])
    #expect(needs([byCgroup, byUserUnit]) == [false, true])
    #expect(needs([byName]) == [true, false])
    #expect(needs([byCgroup, byName]) == [true, true])
  }

  @Test func eachRuleHasTheScoreItComesToOnThisMachine() throws {
    let rules = [
      rule(.allowance(bytes: 1 << 30)) { _ in }, rule(.score(.immune)) { _ in },
    ]
    #expect(
      RuleSet(rules, totalBytes: 4 << 30).scores == [try #require(OOMScoreAdj(-250)), .immune])
    #expect(RuleSet(rules, totalBytes: 0).scores == [.zero, .immune])
    #expect(RuleSet(rules, totalBytes: 0) != RuleSet(rules, totalBytes: 4 << 30), "swap came: a new set")
  }

  @Test func withoutRulesNothingIsMeant() {
    var process = Process(cgroup: .root, comm: [])
    #expect(RuleSet([], totalBytes: 0).firstMatch(&process) == nil)
    #expect(RuleSet([], totalBytes: 0).reach(.root) == RuleSet.Reach())
  }
}
