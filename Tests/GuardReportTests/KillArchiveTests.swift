import GuardCore
import GuardLinux
import GuardReport
import GuardStatus
import GuardTestSupport
import Testing

/// What one answer of the programs' interface tells of the kills: the newest, and not for ever.
@Suite(.enabled(if: TestJournal.isAvailable, "\(TestJournal.whyNot)"))
struct KillArchiveTests {
  private static let nowSeconds: Int64 = 1_777_892_400
  private static let now = Timestamp(seconds: nowSeconds)
  private static let isCut = "there may be more before these; see: oomguardctl kills"

  private let root: TemporaryRoot

  init() throws {
    root = try TemporaryRoot()
    // The last was being told when the daemon was killed.
    try TestJournal(in: root).append((Array(1...10) + [10]).map { Self.entry(of: Self.kill($0)) })
  }

  private static func kill(_ number: Int64) -> StatusDocument.Kill {
    var kill = StatusDocument.troubled.kills.last[0]
    (kill.id, kill.seq) = ("01234567-\(number)", UInt64(number))
    kill.at = Timestamp(seconds: nowSeconds - 100 + number)
    kill.victim.unit = number % 2 == 0 ? "even.service" : "odd.service"
    return kill
  }

  private static func entry(of kill: StatusDocument.Kill) -> TestJournal.Entry {
    var fields: [String: String] = [:]
    for (name, value) in kill.journalFields { fields["OOMGUARD_\(name)"] = value }
    let received = UInt64(clamping: (kill.at?.microsecondsSinceEpoch ?? 0) + 1)
    return TestJournal.entry(at: received, messageID: EventKind.kill.messageID.description, fields)
  }

  private func answer(
    _ selection: KillArchive.Selection = .init(), kills: Int = 1024, entries: Int = 1024
  ) -> KillsAnswer {
    KillArchive(in: RootDirectory(root.path), at: Self.now)
      .kills(selection, newest: .init(kills: kills, entries: entries))
  }

  private func kills(_ numbers: some Sequence<Int64>) -> [StatusDocument.Kill] { numbers.map(Self.kill) }

  @Test func withinItsLimitsTheAnswerIsTheWholeHistory() {
    let whole = KillArchive(in: RootDirectory(root.path), at: Self.now).kills(.init())
    #expect(whole.kills == kills(1...10))
    for limit in [10, 1024] {
      #expect(answer(kills: limit).kills == whole.kills)
      #expect(answer(kills: limit).why == nil)
    }
  }

  @Test func theNewestAreToldOldestFirstAndThatThereAreMore() {
    #expect(answer(kills: 3).kills == kills(8...10))
    #expect(answer(kills: 3).why == Self.isCut)
    #expect(answer(kills: 3).source == .journal)
  }

  @Test func noMoreEntriesAreLookedAtThanThat() {
    // The one that was sent twice is two of them.
    #expect(answer(entries: 4).kills == kills(8...10))
    #expect(answer(entries: 4).why == Self.isCut)
  }

  @Test func onlyWhatWasAskedForCounts() throws {
    let even = KillArchive.Selection(unit: try UnitFilter("even"))
    #expect(answer(even, kills: 5).kills == kills([2, 4, 6, 8, 10]))
    #expect(answer(even, kills: 5).why == nil)
    #expect(answer(even, kills: 2).kills == kills([8, 10]))
    #expect(answer(even, kills: 2).why == Self.isCut)
    let late = KillArchive.Selection(since: Self.kill(7).at)
    #expect(answer(late).kills == kills(7...10))
    #expect(answer(late).why == nil)
  }

  @Test func whatOnlyTheDaemonKnowsCountsAsWell() throws {
    var document = StatusDocument.calm
    document.kills.last = kills(9...12)
    try root.install(document)
    #expect(answer(kills: 4).kills == kills(9...12))
    #expect(
      answer(kills: 4).why == "the journal does not have 2 of them, only the daemon's status; \(Self.isCut)")
  }
}
