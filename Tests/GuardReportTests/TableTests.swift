import GuardReport
import Testing

struct TableTests {
  private var table: Table {
    var table = Table([
      .init("NAME", canShrink: true), .init("PID", isRightAligned: true), .init("UNIT", canShrink: true),
    ])
    table.rows = [
      ["postgres", "7", "postgresql@15-main.service"],
      [.init("漢字"), .init("123456", .bad), "-"],
      ["a\u{1b}b", "", ""],
    ]
    return table
  }

  @Test func columnsAlignByWhatIsShown() {
    #expect(
      table.lines(in: Appearance()) == [
        "NAME         PID  UNIT",
        "postgres       7  postgresql@15-main.service",
        "漢字      123456  -",
        "a\\x1bb",
      ])
  }

  @Test func onlyNamesAreCutAndTheWidestFirst() {
    #expect(
      table.lines(in: Appearance(width: 40), indent: 2) == [
        "  NAME         PID  UNIT",
        "  postgres       7  postgresql@15-main.…",
        "  漢字      123456  -",
        "  a\\x1bb",
      ])
  }

  @Test func aTableThatCannotFitStaysReadable() {
    #expect(
      table.lines(in: Appearance(width: 10, hasUnicode: false)) == [
        "NAME         PID  UNIT",
        "postgres       7  postg...",
        #"\xe6\...  123456  -"#,
        "a\\x1bb",
      ])
  }

  @Test func whatCanBeDoneWithoutIsLeftOutBeforeNamesAreHardToTellApart() {
    var table = table
    table.columns[1].isOptional = true
    let wide = table.lines(in: Appearance(width: 40))
    #expect(wide.first == "NAME         PID  UNIT")
    #expect(
      table.lines(in: Appearance(width: 32)) == [
        "NAME      UNIT",
        "postgres  postgresql@15-main.se…",
        "漢字      -",
        "a\\x1bb",
      ])
  }

  @Test func paintTakesNoColumns() {
    #expect(
      table.lines(in: Appearance(hasColour: true))[2] == "漢字      \u{1b}[1;31m123456\u{1b}[0m  -")
  }

  @Test func rowsMayBeShortOrLong() {
    var table = Table([.init("A"), .init("B")])
    table.rows = [["1"], ["1", "2", "3"], []]
    #expect(table.lines(in: Appearance()) == ["A  B", "1", "1  2", ""])
  }
}
