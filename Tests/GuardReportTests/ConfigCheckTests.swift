import Foundation
import GuardLinux
import GuardReport
import GuardStatus
import GuardTestSupport
import Testing

struct ConfigCheckTests {
  private static let good = """
    [[protect]]
    name = "database"
    unit = "postgresql@*.service"
    score = -900
    scope = "all"
    """

  private let root: TemporaryRoot

  init() throws { root = try TemporaryRoot() }

  private func without(_ text: String) -> String { text.replacingOccurrences(of: root.path, with: "") }

  private func complaints(_ check: ConfigCheck) -> [String] {
    check.complaints(in: Appearance()).map(without)
  }

  @Test func aGoodFileIsOK() throws {
    try root.write(Self.good, to: "x.conf")
    let check = ConfigCheck(of: "\(root.path)/x.conf", in: RootDirectory())
    #expect(check.exitStatus == .fine)
    #expect(check.summary(in: Appearance()).map(without) == "/x.conf: ok, 1 rule")
    #expect(complaints(check) == [])
  }

  @Test func theMachinesOwnComesWithItsDropIns() throws {
    try root.write(Self.good, to: "etc/oomguard.conf")
    try root.write(
      "[[sacrifice]]\nname = \"b\"\ncgroup = \"/b.slice/**\"\nscore = 500\n", to: "run/oomguard.conf.d/b.conf"
    )
    try root.write("[guard]\nconflict_limit = 6\n", to: "etc/oomguard.conf.d/a.conf")
    let check = ConfigCheck(of: nil, in: RootDirectory(root.path))
    #expect(check.exitStatus == .fine)
    #expect(check.summary(in: Appearance()).map(without) == "/etc/oomguard.conf with 2 drop-ins: ok, 2 rules")
  }

  @Test func everyMistakeIsNamedWithItsPlaceAndRemedy() throws {
    try root.write(Self.good + "\nskore = 1\n[guard]\nconflict_limit = \"many\"\n", to: "x.conf")
    let check = ConfigCheck(of: "\(root.path)/x.conf", in: RootDirectory())
    #expect(check.exitStatus == .finding)
    #expect(check.summary(in: Appearance()) == nil)
    let lines = complaints(check)
    #expect(lines.count == 2)
    #expect(
      lines.first?.hasPrefix("/x.conf:6:1: unknown key 'skore' in [[protect]]; did you mean 'score'?") == true
    )
    #expect(lines.last?.hasPrefix("/x.conf:8:18: ") == true)
  }

  @Test func warningsAreNoMistakes() throws {
    try root.write("[[protect]]\nname = \"x\"\ncomm = \"sshd\"\nscore = -5\n", to: "x.conf")
    let check = ConfigCheck(of: "\(root.path)/x.conf", in: RootDirectory())
    #expect(check.exitStatus == .fine)
    #expect(check.summary(in: Appearance()).map(without) == "/x.conf: ok, 1 rule, 1 warning")
    let lines = complaints(check)
    #expect(lines.count == 1 && lines[0].hasPrefix("/x.conf:3:8: warning: "))
  }

  @Test func whatIsNoFileIsNamedWithItsRemedy() throws {
    try root.write("", to: "directory/x")
    try root.write(Array(repeating: UInt8(ascii: "\n"), count: 2 << 20), to: "big")
    func check(_ name: String) -> ConfigCheck { ConfigCheck(of: "\(root.path)/\(name)", in: RootDirectory()) }
    #expect(complaints(check("none")) == ["/none: No such file or directory; write it, or name another file"])
    #expect(
      complaints(check("directory")) == [
        "/directory: Is a directory; it must be a regular file of at most 1 MiB"
      ])
    #expect(complaints(check("big")) == ["/big: File too large; it must be a regular file of at most 1 MiB"])
    for name in ["none", "directory", "big"] { #expect(check(name).exitStatus == .finding) }
  }

  @Test func theJSONHasEveryFindingInItsParts() throws {
    try root.write("skore = 1\n", to: "x.conf")
    let bytes = try JSONWriter.bytes(of: ConfigCheck(of: "\(root.path)/x.conf", in: RootDirectory()))
    struct Answer: Decodable, Equatable {
      struct Finding: Decodable, Equatable {
        var file: String
        var line, column: Int?
        var rule: String?
      }
      var valid: Bool
      var files: [String]
      var rules: Int?
      var errors, warnings: [Finding]
    }
    let path = "\(root.path)/x.conf"
    #expect(
      try JSONDecoder().decode(Answer.self, from: Data(bytes))
        == Answer(
          valid: false, files: [path], rules: nil,
          errors: [.init(file: path, line: 1, column: 1, rule: nil)], warnings: []))
  }
}
