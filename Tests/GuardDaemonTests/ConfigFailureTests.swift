import Foundation
import GuardTestSupport
import Testing

/// The built daemon and a configuration that is none: the whole complaint, status 2, and nothing touched.
struct ConfigFailureTests {
  private let root: TemporaryRoot
  private let path: String

  init() throws {
    root = try TemporaryRoot()
    path = "\(root.path)/oomguard.conf"
  }

  private func complaint(_ complaint: String) -> Outcome { Outcome(status: 2, complaint: complaint) }

  private func run(_ options: String...) throws -> Outcome {
    // Should one be taken for good after all, this daemon does nothing to the machine.
    try Program.run(
      [Program.daemon, "--config", path] + (options.isEmpty ? ["--dry-run", "--once"] : options),
      hiding: root.path)
  }

  struct Mistake: CustomTestStringConvertible, Sendable {
    var name: String
    var bytes: [UInt8]
    var complaint: String
    var testDescription: String { name }

    init(_ name: String, _ text: String, _ complaint: String) {
      self.init(name, Array(text.utf8), complaint)
    }

    init(_ name: String, _ bytes: [UInt8], _ complaint: String) {
      (self.name, self.bytes, self.complaint) = (name, bytes, complaint)
    }

    /// In line 4 of a rule that is right otherwise.
    static func rule(_ name: String, _ keys: String, _ complaint: String) -> Mistake {
      Mistake(name, "[[protect]]\nname = \"x\"\nexe = \"/bin/x\"\n\(keys)\n", complaint)
    }
  }

  static let mistakes: [Mistake] = [
    .rule(
      "unknown key", "skore = -5\nscore = 0",
      "/oomguard.conf:4:1: unknown key 'skore' in [[protect]]; did you mean 'score'?\n"),
    .rule(
      "wrong type", "score = \"low\"",
      "/oomguard.conf:4:9: 'score' is the string 'low'; write a whole number from -1000 to 1000\n"),
    .rule(
      "out of range", "score = -1001",
      "/oomguard.conf:4:9: 'score' is -1001; write a whole number from -1000 to 1000\n"),
    .rule(
      "immune", "score = -1000",
      "/oomguard.conf:4:9: 'score' -1000 makes the processes immune, and one of them that leaks takes the "
        + "machine down; write -999, or allow_immune = true if that is meant\n"),
    .rule(
      "duplicate name", "score = 0\n[[sacrifice]]\nname = \"x\"\ncomm = \"y\"\nscore = 5",
      "/oomguard.conf:6:8: the name 'x' is taken by the rule at /oomguard.conf:2:8; choose another\n"),
    Mistake(
      "not UTF-8", Array("[guard]\nlog_level = \"".utf8) + [0xff, 0x22, 0x0a],
      "/oomguard.conf:2:14: the byte 0xff is not UTF-8; save the file as UTF-8\n"),
    Mistake(
      "not TOML", "[guard\n",
      "/oomguard.conf:1:7: not valid TOML: error while parsing table header: expected ']', saw '\\n'; "
        + "correct it as https://toml.io/en/v1.0.0 says\n"),
    Mistake(
      "NUL bytes", [UInt8](repeating: 0, count: 4096),
      "/oomguard.conf:1:1: not valid TOML: error while parsing root table: expected keys, tables, whitespace "
        + "or comments, saw '\\u0000'; correct it as https://toml.io/en/v1.0.0 says\n"),
    Mistake(
      "empty", "",
      "/oomguard.conf:1:1: the configuration is empty; write a [[protect]] or [[sacrifice]]\n"),
    Mistake(
      "comments alone", "# Nothing yet.\n",
      "/oomguard.conf:1:1: the configuration is empty; write a [[protect]] or [[sacrifice]]\n"),
    Mistake(
      "10 MB of garbage", (0..<10_000_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) },
      "/oomguard.conf:1:1: file too large; a configuration is at most 1 MiB\n"),
  ]

  @Test(arguments: mistakes)
  func aMistakeIsNamedWithItsPlaceAndRemedy(mistake: Mistake) throws {
    try root.write(mistake.bytes, to: "oomguard.conf")
    #expect(try run() == complaint(mistake.complaint))
    #expect(try run("--check-config") == complaint(mistake.complaint))
  }

  @Test func aDirectoryIsNoConfiguration() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    #expect(try run() == complaint("/oomguard.conf:1:1: is a directory; name the file, not its directory\n"))
  }

  @Test func aMissingFileIsNamed() throws {
    #expect(
      try run()
        == complaint(
          "/oomguard.conf:1:1: no such file or directory; write it, or name another with --config\n"))
  }

  @Test func aDeviceIsNotReadForEver() throws {
    #expect(
      try Program.run([Program.daemon, "--config", "/dev/zero", "--check-config"])
        == complaint("/dev/zero:1:1: invalid argument; it must be a regular file that can be read\n"))
  }

  @Test func aFIFOIsNotWaitedFor() throws {
    #expect(unsafe mkfifo(path, 0o644) == 0)
    #expect(
      try run()
        == complaint("/oomguard.conf:1:1: invalid argument; it must be a regular file that can be read\n"))
  }

  @Test(.enabled(if: geteuid() == 0, "only root can become somebody who may not read"))
  func whoMayNotReadItIsToldSo() throws {
    try root.write("", to: "oomguard.conf")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    let words = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    #expect(
      try Program.run(words + [Program.daemon, "--config", path, "--check-config"], hiding: root.path)
        == complaint("/oomguard.conf:1:1: permission denied; run as root, or make it readable\n"))
  }

  @Test func everyMistakeOfEveryFileIsNamed() throws {
    try root.write("[guard]\nlog_level = 5\n", to: "oomguard.conf")
    try root.write("[[protect]]\n", to: "oomguard.conf.d/10.conf")
    let outcome = try run()
    #expect(outcome.status == 2)
    #expect(
      outcome.complaint.split(separator: "\n").map { $0.prefix { $0 != " " } } == [
        "/oomguard.conf:2:13:", "/oomguard.conf.d/10.conf:1:1:", "/oomguard.conf.d/10.conf:1:1:",
        "/oomguard.conf.d/10.conf:1:1:",
      ])
  }

  @Test(arguments: [
    (["--no-such"], "oomguardd: '--no-such' is no option of oomguardd; see oomguardd --help\n"),
    (["--config"], "oomguardd: '--config' needs a value\n"),
    (["--once=yes"], "oomguardd: '--once' takes no value\n"),
  ])
  func aWrongCommandLineIsStatusTwo(arguments: [String], message: String) throws {
    #expect(try Program.run([Program.daemon] + arguments) == complaint(message))
  }
}
