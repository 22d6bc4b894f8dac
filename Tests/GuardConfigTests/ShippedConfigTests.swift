import Foundation
import GuardCore
import Testing

@testable import GuardConfig

/// `config/oomguard.conf`, as it is and with its comments taken at their word.
struct ShippedConfigTests {
  private let text: String

  init() throws {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    text = try String(contentsOf: root.appendingPathComponent("config/oomguard.conf"), encoding: .utf8)
  }

  private func read(_ text: String) throws -> Config {
    try ConfigReader.read([ConfigFile(name: "oomguard.conf", bytes: Array(text.utf8))])
  }

  /// Lines such as `# key = value`, `# [notify]` and `# [[protect]]` without the `# `.
  private var uncommented: String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let isSetting = line.firstMatch(of: #/^# ([a-z_]+ = |\[)/#) != nil
      return isSetting ? line.dropFirst(2) : line
    }.joined(separator: "\n")
  }

  @Test func itIsReadWithoutComplaint() throws {
    let config = try read(text)
    #expect(config.warnings == [])
    #expect(
      config.rules.map { "\($0.kind) \($0.name) \($0.amount) \(String(describing: $0.scope))" } == [
        "protect ssh score(-900) Optional(GuardCore.Rule.Scope.main)",
        "protect journal score(-900) Optional(GuardCore.Rule.Scope.all)",
        "protect login score(-900) Optional(GuardCore.Rule.Scope.all)",
        "protect network score(-800) Optional(GuardCore.Rule.Scope.all)",
        "protect storage score(-900) Optional(GuardCore.Rule.Scope.all)",
        "protect time score(-500) Optional(GuardCore.Rule.Scope.all)",
      ])
  }

  @Test func itChangesNoDefault() throws {
    var config = try read(text)
    config.rules = []
    config.files = []
    #expect(config == Config())
  }

  @Test func everyDefaultInItsCommentsIsTheBuiltInOne() throws {
    var config = try read(uncommented)
    // Not the default's, which has none, but proof that the lines were read.
    #expect(config.pressure.warning.position != nil)
    #expect(config.pressure.critical.position != nil)
    config.pressure.warning.position = nil
    config.pressure.critical.position = nil
    // There is no built-in command.
    let notify = try #require(config.notify)
    #expect(notify == NotifySettings(command: notify.command, position: notify.position))
    config.notify = nil
    config.rules = []
    config.files = []
    #expect(config == Config())
  }

  @Test func itShowsEveryKey() {
    let lines = uncommented.split(separator: "\n")
    let shown = Set(lines.compactMap { $0.firstMatch(of: #/^([a-z_]+) = /#)?.1 }.map(String.init))
    #expect(Set(GuardTable.keys + PressureTable.keys + NotifyTable.keys).subtracting(shown) == [])
    for key in RuleTable.keys(of: .protect) {
      #expect(lines.contains { $0.hasPrefix("#   \(key) ") }, "'\(key)' is not explained")
    }
  }

  @Test func itsExamplesAreRules() throws {
    let config = try read(uncommented)
    #expect(config.rules.dropFirst(6).map(\.name) == ["database", "cache", "batch", "builds"])
    #expect(config.warnings == [])
  }
}
