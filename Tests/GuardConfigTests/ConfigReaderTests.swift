import GuardConfig
import GuardCore
import Testing

struct ConfigReaderTests {
  private func read(_ texts: String...) throws(ConfigErrors) -> Config {
    let files = zip("abc", texts).map { ConfigFile(name: "\($0).conf", bytes: Array($1.utf8)) }
    return try ConfigReader.read(files)
  }

  private func at(_ line: Int, _ column: Int, _ file: String = "a.conf") -> SourcePosition {
    SourcePosition(file: file, line: line, column: column)
  }

  @Test(arguments: [
    ("unit = 'x.service'", Rule.Scope.main), ("cgroup = '/x'", .main), ("exe = '/x'", nil),
    ("unit = 'x.service'\nscope = 'main'", .main), ("unit = 'x.service'\nscope = 'all'", .all),
  ])
  func aProtectRuleByCgroupMeansTheMainProcessUnlessItSaysAll(text: String, scope: Rule.Scope?) throws {
    let file = ConfigFile(name: "x", bytes: Array("[[protect]]\nname = 'x'\nscore = -5\n\(text)\n".utf8))
    #expect(try ConfigReader.read([file]).rules.map(\.scope) == [scope])
  }

  @Test func noFileIsTheDefault() throws { #expect(try read() == Config()) }

  @Test(arguments: [["", ""], ["# Nothing.", "\n"]])
  func noWordInAnyFileIsAMistake(texts: [String]) {
    let error = ConfigError(
      position: at(1, 1), message: "the configuration is empty; write a [[protect]] or [[sacrifice]]")
    #expect(throws: ConfigErrors([error])) { try read(texts[0], texts[1]) }
  }

  @Test func settingsAloneAreAllowedAndWarnedOf() throws {
    let config = try read("", "[guard]\nlog_level = 'debug'")
    #expect(config.rules.isEmpty && config.logLevel == .debug)
    #expect(
      config.warnings == [
        ConfigWarning(
          position: at(1, 1),
          message: "there is no rule, so nothing is protected; write a [[protect]] or [[sacrifice]]")
      ])
  }

  @Test func aRuleInADropInIsEnough() throws {
    #expect(try read("", "[[protect]]\nname = 'a'\nexe = '/a'\nscore = 0").rules.map(\.name) == ["a"])
  }

  @Test func everySettingIsRead() throws {
    var expected = Config()
    expected.files = ["a.conf"]
    expected.reconcileInterval = .seconds(3600)
    expected.restoreOnStop = false
    expected.conflictLimit = 1000
    expected.logLevel = .debug
    expected.pressure.warning = .init(
      kind: .full, percent: 1, window: .milliseconds(500), position: at(7, 40))
    expected.pressure.critical = .init(kind: .some, percent: 100, window: .seconds(2), position: at(8, 12))
    expected.pressure.availableBelowPercent = 100
    expected.pressure.clearAfter = .seconds(300)
    var config = try read(
      """
      [guard]
      reconcile_interval = "1h"
      restore_on_stop = false
      conflict_limit = 1000
      log_level = "debug"
      [pressure]
      warning = { full_percent = 1, window=  "500ms" }
      critical = { some_percent = 100 }
      available_below_percent = 100
      clear_after = "5min"
      [[protect]]
      name = "a"
      exe = "/a"
      score = 0
      """)
    config.rules = []
    #expect(config == expected)
  }

  @Test func everySelectorAndAmountIsRead() throws {
    var service = Selector()
    service.units = [try Glob("postgresql@*.service", as: .name), try Glob("db.slice", as: .name)]
    service.comms = [try Glob("postgres", as: .name)]
    service.users = [.name("postgres"), .uid(26), .uid(27)]
    var mine = Selector()
    mine.userUnits = [try Glob("app-*.scope", as: .name)]
    mine.users = [.name("ann")]
    var programs = Selector()
    programs.exes = [try Glob("/opt/**/bin/x", as: .path)]
    programs.cmdlines = [try RegularExpression("-D (a|b)$")]
    var batch = Selector()
    batch.cgroups = [try Glob("/batch.slice/**", as: .path)]
    let expected = [
      Rule(
        name: "database", kind: .protect, amount: .score(.immune), scope: .all, selector: service,
        allowImmune: true, position: at(1, 1)),
      Rule(
        name: "batch", kind: .sacrifice, amount: .score(try #require(OOMScoreAdj(500))), scope: nil,
        selector: batch, position: at(9, 1)),
      Rule(
        name: "mine", kind: .protect, amount: .allowance(bytes: 6 << 30), scope: nil, selector: mine,
        position: at(13, 1)),
      Rule(
        name: "old scale", kind: .protect, amount: .oomAdj(-16), scope: nil,
        selector: programs, position: at(18, 1)),
      Rule(
        name: "older", kind: .sacrifice, amount: .oomAdj(15), scope: nil,
        selector: programs, position: at(23, 1)),
    ]
    let config = try read(
      """
      [[protect]]
      name = "database"
      unit = ["postgresql@*.service", "db.slice"]
      comm = "postgres"
      user = ["postgres", 26, "27"]
      score = -1000
      allow_immune = true
      scope = "all"
      [[sacrifice]]
      name = "batch"
      cgroup = "/batch.slice/**"
      score = 500
      [[protect]]
      name = "mine"
      user_unit = "app-*.scope"
      user = "ann"
      allowance = "6GiB"
      [[protect]]
      name = "old scale"
      exe = "/opt/**/bin/x"
      cmdline = "-D (a|b)$"
      oom_adj = -16
      [[sacrifice]]
      name = "older"
      exe = "/opt/**/bin/x"
      cmdline = "-D (a|b)$"
      oom_adj = 15
      """)
    #expect(config.rules == expected)
    #expect(config.warnings == [])
  }

  @Test func laterFilesOverrideSingleKeysAndAddRules() throws {
    var expected = Config()
    expected.files = ["a.conf", "b.conf"]
    expected.conflictLimit = 7
    expected.logLevel = .error
    expected.pressure.warning = .init(
      kind: .some, percent: 40, window: .seconds(4), position: at(4, 45, "b.conf"))
    expected.pressure.clearAfter = .seconds(60)
    var selector = Selector()
    selector.exes = [try Glob("/x", as: .path)]
    for (name, file, line) in [("one", "a.conf", 6), ("two", "b.conf", 5)] {
      let score = try #require(OOMScoreAdj(1))
      expected.rules.append(
        Rule(
          name: name, kind: .sacrifice, amount: .score(score), scope: nil, selector: selector,
          position: at(line, 1, file)))
    }
    let config = try read(
      """
      guard.conflict_limit = 9
      guard.log_level = "error"
      [pressure]
      warning = { some_percent = 50, window = "2s" }
      clear_after = "1min"
      [[sacrifice]]
      name = "one"
      exe = "/x"
      score = 1
      """,
      """
      [guard]
      conflict_limit = 7
      [pressure]
      warning = { some_percent = 40    , window = "4s" }
      [[sacrifice]]
      name = "two"
      exe = "/x"
      score = 1
      """)
    #expect(config == expected)
  }

  @Test(arguments: [
    (-17, -1000), (-16, -941), (-8, -470), (-1, -58), (0, 0), (1, 58), (14, 823), (15, 1000),
  ])
  func theOldScaleIsConvertedAsTheKernelDoes(oomAdj: Int, score: Int) throws {
    let config = try read(
      "[[protect]]\nname = 'a'\nexe = '/a'\noom_adj = \(oomAdj)\nallow_immune = \(oomAdj == -17)")
    #expect(config.rules.map(\.amount) == [.oomAdj(oomAdj)])
    #expect(config.rules.map { $0.amount.score(totalBytes: 0) } == [try #require(OOMScoreAdj(score))])
  }

  @Test func aProtectScoreMayBePositiveSinceItIsACeiling() throws {
    let config = try read("[[protect]]\nname = 'a'\ncomm = 'x'\nscore = 300")
    #expect(config.rules.map(\.amount) == [.score(try #require(OOMScoreAdj(300)))])
    #expect(config.warnings == [])
  }

  @Test func whatIsProbablyNotMeantIsAWarning() throws {
    let config = try read(
      """
      [[protect]]
      name = "anybody"
      comm = "redis"
      score = -500
      [[protect]]
      name = "quoted"
      cmdline = ["a", "java .*'-Dx'"]
      allowance = "1MiB"
      [[protect]]
      name = "owned"
      cmdline = "x"
      user = 0
      score = -500
      [[sacrifice]]
      name = "raised"
      comm = "x"
      score = 1
      """)
    #expect(
      config.warnings == [
        ConfigWarning(
          position: at(3, 8),
          message:
            "anybody's process can take this 'comm' and be protected; add 'unit', 'exe' or 'user' to the rule",
          rule: "anybody"),
        ConfigWarning(
          position: at(7, 11),
          message: "anybody's process can take this 'cmdline' and be protected; "
            + "add 'unit', 'exe' or 'user' to the rule",
          rule: "quoted"),
        ConfigWarning(
          position: at(7, 17),
          message:
            "'cmdline' has quotes in it, which no shell takes away here and few arguments have; remove them",
          rule: "quoted"),
      ])
  }

  @Test func allMistakesOfAllFilesAreToldInOrder() {
    let error = #expect(throws: ConfigErrors.self) {
      try read(
        """
        [[protect]]
        name = "x"
        score = 2000
        scope = "some"
        unit = "x.service"
        [guard]
        log_levle = "info"
        conflict_limit = "5"
        """,
        "a = ",
        """
        [[sacrifice]]
        name = "x"
        exe = "/x"
        score = 0
        """)
    }
    #expect(
      error?.description == """
        a.conf:3:9: 'score' is 2000; write a whole number from -1000 to 1000
        a.conf:4:9: 'scope' is the string 'some'; write one of "main", "all"
        a.conf:7:1: unknown key 'log_levle' in [guard]; did you mean 'log_level'?
        a.conf:8:18: 'conflict_limit' is the string '5'; write a whole number from 1 to 1000
        b.conf:1:5: not valid TOML: error while parsing key-value pair: encountered end-of-file; \
        correct it as https://toml.io/en/v1.0.0 says
        c.conf:2:8: the name 'x' is taken by the rule at a.conf:2:8; choose another
        c.conf:4:9: 'score' is 0; write a whole number from 1 to 1000
        """)
  }

  @Test func onlySoManyMistakesOfAFileAreTold() {
    let error = #expect(throws: ConfigErrors.self) {
      try read((1...1000).map { "key\($0) = 1\n" }.joined(), "guard = 1")
    }
    #expect(error?.errors.count == 102)
    #expect(
      error?.errors.dropFirst(100).map(\.description) == [
        "a.conf:101:1: there are more mistakes; mend these first",
        "b.conf:1:1: 'guard' is 1; write it as the table [guard]",
      ])
  }
}
