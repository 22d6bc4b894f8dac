import Foundation
import GuardCore
import Testing

@testable import GuardConfig

/// oomguard.conf(5), held against what is read.
struct ConfigManualTests {
  private let lines: [String]

  init() throws {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let page = root.appendingPathComponent("packaging/man/oomguard.conf.5")
    lines = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "\n")
  }

  /// What stands at the head of a paragraph: a key, and its default where it has one.
  private var headings: [(key: String, value: String?)] {
    zip(lines, lines.dropFirst()).compactMap { before, line in
      guard before == ".TP" || before == ".TQ",
        let found = line.firstMatch(of: #/^\.BR? ([a-z_]+)(?: " = (.*)")?$/#)
      else { return nil }
      let value = found.2?.replacing(#"\(dq"#, with: "\"")
      return (String(found.1), value.map { String($0) })
    }
  }

  @Test func everyKeyIsExplainedAndNoOther() {
    let keys = GuardTable.keys + PressureTable.keys + NotifyTable.keys + RuleTable.keys(of: .protect)
    #expect(headings.map(\.key).sorted() == keys.sorted())
  }

  @Test func everyDefaultIsTheBuiltInOne() throws {
    func table(_ name: String, _ keys: [String]) -> String {
      let settings = headings.compactMap { heading in
        heading.value.flatMap { keys.contains(heading.key) ? "\(heading.key) = \($0)\n" : nil }
      }
      // There is no built-in command.
      let command = keys.contains("command") ? "command = ['/bin/true']\n" : ""
      #expect(settings.count + (command.isEmpty ? 0 : 1) == keys.count)
      return "[\(name)]\n" + command + settings.joined()
    }
    let text =
      table("guard", GuardTable.keys) + table("pressure", PressureTable.keys)
      + table("notify", NotifyTable.keys)
    var config = try ConfigReader.read([ConfigFile(name: "oomguard.conf", bytes: Array(text.utf8))])
    (config.files, config.warnings) = ([], [])
    (config.pressure.warning.position, config.pressure.critical.position) = (nil, nil)
    let notify = try #require(config.notify)
    #expect(notify == NotifySettings(command: ["/bin/true"], position: notify.position))
    config.notify = nil
    #expect(config == Config())
  }
}
