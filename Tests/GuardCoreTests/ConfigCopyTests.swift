import GuardCore
import GuardTestSupport
import Testing

struct ConfigCopyTests {
  private static let files = [
    (name: "/etc/oomguard.conf", bytes: Array("[guard]\n".utf8)), (name: "/etc/x.d/a b\n.conf", bytes: []),
    // What looks like the copy's own words is text.
    (name: "/etc/x.d/é.conf", bytes: Array("\n# file 1 1 x\n\n# end\n".utf8) + [0xff, 0]),
  ]

  @Test func whatIsKeptIsReadBack() throws {
    for count in 0...3 {
      let kept = Self.files.prefix(count)
      let read = try #require(ConfigCopy.files(in: ConfigCopy.text(of: Array(kept))))
      #expect(read.map(\.name) == kept.map(\.name))
      #expect(read.map(\.bytes) == kept.map(\.bytes))
    }
  }

  @Test func aTornCopyIsNone() {
    let text = ConfigCopy.text(of: Self.files)
    for count in 0..<text.count { #expect(ConfigCopy.files(in: Array(text.prefix(count))) == nil) }
    #expect(ConfigCopy.files(in: text + [0]) == nil)
    #expect(ConfigCopy.files(in: [UInt8](repeating: 0, count: text.count)) == nil)
  }

  @Test func anyBytesAtAllAreSurvived() {
    var random = SeededRandom.printed()
    let text = ConfigCopy.text(of: Self.files)
    for _ in 0..<2000 {
      var damaged = text
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<damaged.count, using: &random)
        if Bool.random(using: &random) {
          damaged[place] = .random(in: 0...255, using: &random)
        } else {
          damaged.remove(at: place)
        }
      }
      _ = ConfigCopy.files(in: damaged)
    }
    let text9 = String(decoding: text, as: UTF8.self).replacing(
      "# file 8 ", with: "# file 99999999999999999999 ")
    #expect(ConfigCopy.files(in: Array(text9.utf8)) == nil)
  }
}
