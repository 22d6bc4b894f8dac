import GuardConfig
import GuardCore
import Testing

struct NotifyTableTests {
  private func notify(_ texts: String...) throws -> NotifySettings? {
    let rule = "[[protect]]\nname = 'x'\nunit = 'x.service'\nscore = -1\n"
    let files = texts.enumerated().map { index, text in
      ConfigFile(name: "file\(index)", bytes: Array((index == 0 ? rule + text : text).utf8))
    }
    return try ConfigReader.read(files).notify
  }

  private func settings(
    _ command: [String], _ events: Set<EventKind>, _ timeout: Duration, at position: (String, Int, Int)
  ) -> NotifySettings {
    var settings = NotifySettings(
      command: command, position: SourcePosition(file: position.0, line: position.1, column: position.2))
    (settings.events, settings.timeout) = (events, timeout)
    return settings
  }

  @Test func withoutTheTableNothingIsRun() throws { #expect(try notify("") == nil) }

  @Test func aCommandAloneIsRunOnKillsAndPressure() throws {
    #expect(
      try notify("[notify]\ncommand = ['/bin/page', '-x', '']")
        == settings(["/bin/page", "-x", ""], [.kill, .pressure], .seconds(10), at: ("file0", 6, 11)))
  }

  @Test func everyKeyIsRead() throws {
    #expect(
      try notify("[notify]\ncommand = ['/bin/page']\nevents = ['kill', 'drift', 'lost']\ntimeout = '2min'")
        == settings(["/bin/page"], [.kill, .drift, .lost], .seconds(120), at: ("file0", 6, 11)))
    #expect(
      try notify("[notify]\nevents = 'degraded'\ncommand = ['/bin/page']")
        == settings(["/bin/page"], [.degraded], .seconds(10), at: ("file0", 7, 11)))
  }

  @Test func laterFilesOverrideSingleKeys() throws {
    #expect(
      try notify(
        "[notify]\ncommand = ['/bin/page']\ntimeout = '3s'", "[notify]\nevents = ['kill']",
        "[notify]\ncommand = ['/bin/other']")
        == settings(["/bin/other"], [.kill], .seconds(3), at: ("file2", 2, 11)))
    #expect(
      try notify("[notify]\ntimeout = '3s'", "[notify]\ncommand = ['/bin/page']")
        == settings(["/bin/page"], [.kill, .pressure], .seconds(3), at: ("file1", 2, 11)))
  }
}
