import GuardCore
import GuardTestSupport
import Testing

struct OOMTaskTableTests {
  private static func rows(_ text: String) -> [OOMTaskTable.Row]? { OOMTaskTable(report: text.utf8)?.rows }

  @Test func everyColumnSetIsRead() throws {
    let tables = [
      "[ pid ]   uid  tgid total_vm      rss cpu oom_adj name\n[  101]     0   101      500       50   1       0 sh",
      "[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name\n[  101]     0   101      500       50   1       0           -17 sh",
      "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name\n[  101]     0   101      500       50      10        7           -17 sh",
      "[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name\n[  101]     0   101      500       50      10       4        7           -17 sh",
      "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n[    101]     0   101      500       50    40960        7           -17 sh",
      "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name\n[    101]     0   101      500       50       40        9         1    40960        7           -17 sh",
    ]
    var row = OOMTaskTable.Row(pid: 101, uid: 0, comm: Array("sh".utf8))
    (row.tgid, row.totalVMPages, row.rssPages) = (101, 500, 50)
    var expected = [row]
    row.score = -17
    expected.append(row)
    (row.swapPages, row.pteCount) = (7, 10)
    expected.append(row)
    row.pmdCount = 4
    expected.append(row)
    (row.pteCount, row.pmdCount, row.pgtablesBytes) = (nil, nil, 40960)
    expected += [row, row]
    #expect(tables.compactMap(Self.rows).map(\.first) == expected)
  }

  @Test(arguments: ["Web Content", "(sd-pam)", " x", "", "1 2 3", "a]b"])
  func aNameMayHoldAnything(name: String) {
    let head = "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
    // A name's blanks at the end of a line cannot be told from the line's own.
    let rows = Self.rows(
      head + "[    101]     0   101      500       50    40960        7             0 \(name)\nnot a row\n")
    #expect(rows?.map(\.comm) == [Array(name.utf8)])
  }

  @Test func brokenRowsAreSkippedAndTheLastTableCounts() {
    let head = "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name\n"
    let row = "[  101]     0   101      500       50      10        7             0 sh\n"
    #expect(Self.rows("x\n") == nil)
    #expect(Self.rows(head)?.isEmpty == true)
    #expect(Self.rows(head + row + row + head + row)?.count == 1)
    #expect(
      Self.rows(head + "[  101]     0   101      500\n[ 1 x\n[99999999999]  0 0 0 0 0 0 0 x\n")?.isEmpty
        == true)
  }

  @Test func theTableOfACapturedReportIsWhole() throws {
    let log = LogTextReader(
      try Fixture.bytes("kernel-logs/6.1/memcg-oomgroup-raw.kmsg-raw.log"), keepsText: true)
    let kill = try #require(log.kills.first)
    let table = try #require(OOMTaskTable(report: kill.reportText))
    #expect(table.rows.map(\.pid) == [197, 198, 199, 200])
    #expect(table.rows.map(\.rssPages) == [217, 213, 222, 8199])
    #expect(table.rows.map { String(decoding: $0.comm, as: UTF8.self) } == ["sh", "sleep", "sleep", "hog"])
  }
}
