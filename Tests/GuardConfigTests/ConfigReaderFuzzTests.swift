import Foundation
import GuardConfig
import GuardCore
import GuardTestSupport
import Testing

struct ConfigReaderFuzzTests {
  private static let config = """
    [guard]
    reconcile_interval = "30s"   # \u{e9}
    restore_on_stop = true
    [pressure]
    warning  = { some_percent = 15, window = "2s" }
    critical.full_percent = 10
    [[protect]]
    name = "data\\u00e9base"
    unit = ["postgresql@*.service", 'a\\b[!x].scope']
    user = [0, "root"]
    cmdline = '(a|b)*[[:digit:]]{2,3}\\.'
    score = -900
    scope = "all"
    [[sacrifice]]
    name = '''batch'''
    cgroup = "/batch.slice/**"
    score = 0x1f4
    """
  private static let pieces = [
    "[", "]", "[[", "{", "}", "\"", "'", "\"\"\"", "=", ".", ",", "\n", "#", "\\", "\\u", "0x", "inf", "-",
    "*",
    "1979-05-27", "\r", "[a.b]\n", "[[protect]]\n", "score = 1\n", "\u{e9}", "\u{2028}", "\0",
  ]

  private func mutated(_ text: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var text = text
    for _ in 0..<Int.random(in: 1...5, using: &random) {
      let place = Int.random(in: 0...text.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: text.insert(.random(in: 0 ... .max, using: &random), at: place)
      case 1: text.removeSubrange(place..<min(text.count, place + .random(in: 0...9, using: &random)))
      case 2: text.insert(contentsOf: (Self.pieces.randomElement(using: &random) ?? "").utf8, at: place)
      default:
        let start = Int.random(in: 0...text.count, using: &random)
        text.insert(
          contentsOf: text[start..<min(text.count, start + .random(in: 0...40, using: &random))], at: place)
      }
    }
    return text
  }

  @Test func anyTextIsReadOrRefusedWithAPlaceInIt() throws {
    var random = SeededRandom.printed()
    var refused = 0
    for _ in 0..<3000 {
      let text = mutated(Array(Self.config.utf8), &random)
      let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      do throws(ConfigErrors) {
        let config = try ConfigReader.read([ConfigFile(name: "x", bytes: text)])
        #expect(config.files == ["x"])
      } catch {
        refused += 1
        #expect(!error.errors.isEmpty)
        for error in error.errors {
          let (line, column) = (error.position.line, error.position.column)
          #expect((1...lines.count).contains(line), "\(error) in \(text.printable)")
          // One past the end, and one more for what the end of the file lacks.
          let longest = lines.map(\.count).max() ?? 0
          #expect((1...longest + 2).contains(column), "\(error) in \(text.printable)")
          #expect(error.description.utf8.printable == error.description)
        }
      }
    }
    // Both ways are taken, or this test shows nothing.
    #expect((1..<3000).contains(refused))
  }

  @Test func readingAgainAndAgainKeepsNothing() throws {
    let files = [Self.config, Self.config + "\n[["].map { ConfigFile(name: "x", bytes: Array($0.utf8)) }
    let rounds = 8000
    func readBoth() { for file in files { _ = try? ConfigReader.read([file]) } }
    for _ in 0..<100 { readBoth() }
    let before = try residentKiB()
    for _ in 0..<rounds { readBoth() }
    let grown = try residentKiB() - before
    // The two take 8.7 KiB if they are not freed; other tests run meanwhile in this process.
    #expect(grown < rounds * 5, "\(grown) KiB more after \(rounds) rounds")
  }

  private func residentKiB() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
    return try #require(Int(line.split(separator: " ").dropLast().last ?? ""))
  }
}
