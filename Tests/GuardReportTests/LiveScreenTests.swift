import GuardCore
import GuardStatus
import GuardTestSupport
import Testing

@testable import GuardReport

struct LiveScreenTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var golden: String
    var state: LiveState
    var columns: Int
    var rows: Int
    var view = LiveView()
    var appearance = Appearance()
    var testDescription: String { golden }
  }

  private static func typing(_ text: String) -> LiveView {
    var view = LiveView(hertz: 10)
    for key in [.character("s"), .character("/")] + text.map({ Key.character($0) }) {
      _ = view.react(to: key)
    }
    return view
  }

  private func lines(_ sample: Case) -> [String] {
    let size = LiveScreen.Size(columns: sample.columns, rows: sample.rows)
    let chosen = sample.state.chosen(by: sample.view) { sample.state.units[$0] }
    return LiveScreen(sample.state, chosen: chosen, sample.view, size: size, in: sample.appearance).lines()
  }

  @Test(arguments: [
    Case(golden: "calm-80x24", state: .calm, columns: 80, rows: 24),
    Case(golden: "calm-200x50", state: .calm, columns: 200, rows: 50),
    Case(golden: "troubled-80x24", state: .troubled, columns: 80, rows: 24),
    Case(
      golden: "troubled-120x30-colour", state: .troubled, columns: 120, rows: 30,
      appearance: Appearance(hasColour: true)),
    Case(
      golden: "troubled-80x24-ascii", state: .troubled, columns: 80, rows: 24,
      appearance: Appearance(hasUnicode: false)),
    Case(golden: "filtered-80x24", state: .troubled, columns: 80, rows: 24, view: typing("POST")),
    Case(golden: "alone-80x24", state: .alone, columns: 80, rows: 24),
    Case(golden: "small-40x10", state: .troubled, columns: 40, rows: 10),
  ])
  func theScreenIsThatOfTheGoldenFile(sample: Case) throws {
    let golden = try String(decoding: Fixture.bytes("watch/\(sample.golden).txt"), as: UTF8.self)
    #expect(lines(sample).map { "\($0)\n" }.joined() == golden)
  }

  @Test func everySizeIsFilledAndNeverLeft() {
    for state in [LiveState.calm, .troubled, .alone] {
      for rows in [0, 1, 2, 3, 5, 8, 10, 13, 24, 39, 40, 56] {
        for columns in [0, 1, 2, 7, 20, 39, 40, 79, 80, 99, 100, 101, 132, 250] {
          let lines = lines(
            Case(
              golden: "", state: state, columns: columns, rows: rows, view: Self.typing("o"),
              appearance: Appearance(hasColour: true)))
          #expect(lines.count == (columns > 0 ? rows : 0))
          #expect(lines.allSatisfy { $0.visibleWidth <= columns }, "\(columns)x\(rows)")
        }
      }
    }
  }

  @Test func theOrderIsTheViewsAndTiesAreTheKernels() {
    func pids(_ keys: Key...) -> [Int32] {
      var view = LiveView()
      for key in keys { _ = view.react(to: key) }
      return LiveState.troubled.chosen(by: view) { _ in nil }.map(\.candidate.pid)
    }
    let turn = Key.character("s")
    #expect(pids() == [4711, 992, 991, 993])
    #expect(pids(turn) == [992, 4711, 991, 993])  // rss
    #expect(pids(turn, turn) == [993, 4711, 992, 991])  // swap
    #expect(pids(turn, turn, turn) == [4711, 993, 992, 991])  // score
    #expect(pids(turn, turn, turn, turn) == [991, 992, 993, 4711])  // pid
    #expect(pids(turn, turn, turn, turn, turn) == [992, 4711, 991, 993])  // comm
  }

  @Test(arguments: [("hÖG", [4711]), ("batch.service", [4711]), ("database", [992, 991, 993]), ("zzz", [])])
  func aFilterAsksForNameUnitAndRule(filter: String, pids: [Int32]) {
    var view = LiveView()
    view.filter = filter
    let chosen = LiveState.troubled.chosen(by: view) { LiveState.troubled.units[$0] }
    #expect(chosen.map(\.candidate.pid) == pids)
  }
}

extension LiveState {
  private static func process(
    _ pid: Int32, _ comm: String, place: Int, score: Int, rssKB: UInt64, swapKB: UInt64 = 0, badnessKB: Int64
  ) -> Process {
    let candidate = OOMCandidate(
      pid: pid, rssKB: rssKB, swapKB: swapKB, pgtablesKB: 200, score: OOMScoreAdj(score) ?? .zero)
    return Process(candidate, comm: Array(comm.utf8), badnessKB: badnessKB, place: place)
  }

  private static func memory(availableKB: UInt64, swapKB: UInt64) -> MemoryInfo? {
    try? MemoryInfo(
      Array(
        """
        MemTotal: 16777216 kB
        MemFree: 2097152 kB
        MemAvailable: \(availableKB) kB
        Buffers: 102400 kB
        Cached: 4194304 kB
        SwapTotal: \(swapKB) kB
        SwapFree: \(swapKB / 2) kB
        AnonPages: 8388608 kB
        Shmem: 1048576 kB

        """.utf8))
  }

  private static func stalls(_ some: Int, _ full: Int) -> Pressure {
    Pressure(
      some: .init(avg10: some, avg60: 0, avg300: 0, totalMicroseconds: 0),
      full: .init(avg10: full, avg60: 0, avg300: 0, totalMicroseconds: 0))
  }

  /// A machine without troubles.
  static let calm: LiveState = {
    var state = LiveState(
      at: Timestamp(seconds: 1_777_892_405), StatusReading(daemon: .running, document: .calm, problem: nil))
    state.stalls = stalls(0, 0)
    for _ in 0..<20 { state.history.add(.init(some: 0, full: 0)) }
    state.memory = memory(availableKB: 12_582_912, swapKB: 0)
    state.ledger = state.memory.map { MemoryLedger(.init($0, pageKB: 4)) }
    state.scaleKB = 16_777_216
    state.processes = [
      process(2001, "java", place: 1, score: 0, rssKB: 4_194_304, badnessKB: 4_204_304),
      process(2002, "node", place: 2, score: 0, rssKB: 524_288, badnessKB: 525_000),
      process(991, "postgres", place: 3, score: -900, rssKB: 1_048_576, badnessKB: -14_050_000),
    ]
    state.units = [2001: "app.service", 2002: "session-4.scope", 991: "postgresql@15-main.service"]
    state.neverChosen = 2
    return state
  }()

  /// One that runs out of memory, among hostile names.
  static let troubled: LiveState = {
    var state = calm
    state.reading.document = .troubled
    state.kills = StatusDocument.troubled.kills.last
    state.stalls = stalls(4321, 1250)
    for step in 0..<60 { state.history.add(.init(some: step * step * 2, full: step * step / 2)) }
    state.memory = memory(availableKB: 679_477, swapKB: 4_194_304)
    state.scaleKB = 16_777_216 + 4_194_304
    state.processes = [
      process(4711, "hög", place: 1, score: 500, rssKB: 6_000_000, swapKB: 1024, badnessKB: 16_500_000),
      process(992, "a\u{1b}[31m", place: 2, score: 0, rssKB: 7_000_000, badnessKB: 7_000_200),
      process(991, "postgres", place: 3, score: -900, rssKB: 1_048_576, badnessKB: -17_800_000),
      process(993, "漢字", place: 4, score: 17, rssKB: 16, swapKB: 2_000_000, badnessKB: -18_000_000),
    ]
    state.units = [
      4711: "batch.service", 992: "postgresql@15-main.service", 991: "postgresql@15-main.service",
    ]
    state.processAge = .seconds(3)
    state.notes = ["other users' processes are hidden; run as root to see all"]
    return state
  }()

  /// A machine on which nobody guards, and whose kernel does not tell of pressure.
  static let alone: LiveState = {
    var state = LiveState(
      at: Timestamp(seconds: 1_777_892_405),
      StatusReading(daemon: .stopped, document: nil, problem: .noFile(path: "/run/oomguard/status.json")))
    state.memory = calm.memory
    state.ledger = calm.ledger
    state.scaleKB = calm.scaleKB
    state.processes = calm.processes
    state.units = calm.units
    return state
  }()
}
