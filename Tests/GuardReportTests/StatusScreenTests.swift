import GuardReport
import GuardStatus
import GuardTestSupport
import Testing

struct StatusScreenTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var golden: String
    var reading: StatusReading
    var detail = StatusScreen.Detail.brief
    var rule: String?
    var appearance = Appearance()
    var testDescription: String { golden }
  }

  @Test(arguments: [
    Case(golden: "calm", reading: StatusReading(daemon: .running, document: .calm, problem: nil)),
    Case(golden: "troubled", reading: StatusReading(daemon: .running, document: .troubled, problem: nil)),
    Case(
      golden: "troubled-verbose", reading: StatusReading(daemon: .running, document: .troubled, problem: nil),
      detail: .verbose),
    Case(
      golden: "troubled-80-ascii",
      reading: StatusReading(daemon: .running, document: .troubled, problem: nil),
      appearance: Appearance(width: 80, hasUnicode: false)),
    Case(
      golden: "troubled-colour", reading: StatusReading(daemon: .running, document: .troubled, problem: nil),
      appearance: Appearance(width: 100, hasColour: true)),
    Case(
      golden: "rule", reading: StatusReading(daemon: .running, document: .troubled, problem: nil),
      rule: "database"),
    Case(golden: "stopped", reading: StatusReading(daemon: .stopped, document: .calm, problem: nil)),
    Case(golden: "stuck", reading: StatusReading(daemon: .stuck, document: .calm, problem: nil)),
  ])
  func theScreenIsThatOfTheGoldenFile(sample: Case) throws {
    let now = Timestamp(seconds: 1_777_892_400 + 5)
    let screen = StatusScreen(sample.reading, at: now, detail: sample.detail, in: sample.appearance)
    let lines = sample.rule.map { screen.lines(rule: $0) ?? [] } ?? screen.lines()
    let golden = try String(decoding: Fixture.bytes("status/screen-\(sample.golden).txt"), as: UTF8.self)
    #expect(lines.map { "\($0)\n" }.joined() == golden)
  }

  @Test func whatIsNotListedIsNotGuessedAtUnlessSomethingHeldIsListed() {
    var document = StatusDocument.calm
    document.rules[0].matched = 100
    document.rules[0].processes[0].state = .drifted
    let reading = StatusReading(daemon: .running, document: document, problem: nil)
    let screen = StatusScreen(reading, at: StatusDocument.lastWritten, detail: .brief, in: Appearance())
    #expect(screen.lines()[5] == "database  protect   -900  all        100  1 drifted, 99 not listed")
  }

  @Test func anUnknownRuleHasNoScreen() {
    let reading = StatusReading(daemon: .running, document: .calm, problem: nil)
    let screen = StatusScreen(reading, at: StatusDocument.lastWritten, detail: .brief, in: Appearance())
    #expect(screen.lines(rule: "databas") == nil)
  }

  @Test func onlyABrokenPromiseOrConfigurationIsAFinding() {
    func finding(_ change: (inout StatusDocument) -> Void) -> Bool {
      var document = StatusDocument.calm
      change(&document)
      return StatusReading(daemon: .running, document: document, problem: nil).hasFinding
    }
    #expect(!finding { _ in })
    #expect(!finding { $0.degraded = [.init(what: "no-pressure", why: "x")] })
    #expect(!finding { $0.rules[0].processes[0].state = .pending })
    #expect(finding { $0.rules[0].processes[0].state = .drifted })
    #expect(finding { $0.rules[0].processes[0].state = .refused })
    #expect(finding { $0.rules[0].processes[0].state = .yielded })
    #expect(finding { $0.config.error = "x" })
    #expect(!StatusReading(daemon: nil, document: nil, problem: .notInstalled).hasFinding)
  }
}
