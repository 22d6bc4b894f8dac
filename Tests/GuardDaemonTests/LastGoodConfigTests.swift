import Foundation
import GuardStatus
import GuardTestSupport
import Testing

/// The built daemon where the configuration was good once and is broken now.
struct LastGoodConfigTests {
  private let root: TemporaryRoot
  private let copy = "var/lib/oomguard/last-good.conf"
  private let broken = """
    [[protect]]
    name = "database"
    unit = "postgresql@*.service"
    scope = "all"
    score = -9000
    """
  private let complaint =
    "/etc/oomguard.conf:5:9: 'score' is -9000; write a whole number from -1000 to 1000"

  init() throws { root = try TemporaryRoot.scenario("unit-v2") }

  private func run(_ options: String...) throws -> Outcome {
    try Program.run([Program.daemon, "--root", root.path] + options, hiding: root.path)
  }

  /// What it says that is about `subject`, when all goes well otherwise.
  private func complaints(about subject: String) throws -> [String] {
    let outcome = try run("--once")
    #expect(outcome.status == 0)
    return outcome.complaint.split(separator: "\n").map { String($0) }.filter { $0.contains(subject) }
  }

  private var status: StatusDocument {
    get throws {
      try JSONDecoder().decode(
        StatusDocument.self, from: Data(root.text(of: "run/oomguard/status.json").utf8))
    }
  }

  @Test func itIsInForceWhileTheConfigurationIsBroken() throws {
    try root.write(
      "[[sacrifice]]\nname = \"drop-in\"\ncomm = \"nobody\"\nscore = 700\n", to: "etc/oomguard.conf.d/9.conf")
    #expect(try complaints(about: "config") == [])
    let good = try status
    #expect(try run("--restore").status == 0)
    // As a boot leaves it.
    try root.remove("run")
    try root.write(broken, to: "etc/oomguard.conf")
    try root.remove("etc/oomguard.conf.d")

    let why = "\(complaint); '/var/lib/oomguard/last-good.conf' is in force until that is mended"
    #expect(try complaints(about: "config") == ["<4>degraded: last-good-config: \(why)"])
    let now = try status
    #expect(now.rules == good.rules)
    #expect(now.config.files == good.config.files)
    #expect(now.config.error == root.path + complaint)
    #expect(now.state == .degraded)
    #expect(now.degraded.first { $0.what == "last-good-config" }?.why.replacing(root.path, with: "") == why)
    #expect(try root.text(of: "proc/100/oom_score_adj") == "-900\n")
  }

  @Test func itIsForTheDaemonAlone() throws {
    #expect(try run("--once").status == 0)
    try root.write(broken, to: "etc/oomguard.conf")
    let refused = Outcome(status: 2, complaint: "\(complaint)\n")
    #expect(try run("--check-config") == refused)
    #expect(try run("--dry-run", "--once") == refused)
    let own = "\(root.path)/etc/oomguard.conf"
    #expect(try run("--once", "--config", own) == refused, "whoever names a file reads what is wrong with it")
  }

  @Test func withoutOneABrokenConfigurationIsRefused() throws {
    try root.write(broken, to: "etc/oomguard.conf")
    let refused = Outcome(status: 2, complaint: "\(complaint)\n")
    #expect(try run("--once") == refused)
    // None that can be used is none.
    for text in ["", "[guard]\n"] {
      try root.write(text, to: copy)
      #expect(try run("--once") == refused)
    }
  }

  @Test func aMissingConfigurationIsABrokenOne() throws {
    #expect(try run("--once").status == 0)
    try root.remove("etc/oomguard.conf")
    #expect(try run("--once").status == 0)
    #expect(try status.degraded.contains { $0.what == "last-good-config" })
  }

  @Test func itIsWrittenOnlyWhenTheConfigurationChangesAndForRootAlone() throws {
    func inode() throws -> Int? {
      try FileManager.default.attributesOfItem(atPath: "\(root.path)/\(copy)")[.systemFileNumber] as? Int
    }
    #expect(try run("--once").status == 0)
    let (first, text) = try (inode(), root.text(of: copy))
    #expect(try root.mode(of: copy) == 0o600)
    #expect(try run("--once").status == 0)
    #expect(try inode() == first)
    try root.write("[guard]\nreconcile_interval = \"7s\"\n", to: "etc/oomguard.conf.d/9.conf")
    #expect(try run("--once").status == 0)
    #expect(try inode() != first)
    #expect(try root.text(of: copy) != text)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: "\(root.path)/var/lib/oomguard") == [
        "last-good.conf"
      ])
    // A named configuration is somebody else's business.
    let kept = try root.text(of: copy)
    try root.write("[[sacrifice]]\nname = \"x\"\ncomm = \"x\"\nscore = 1\n", to: "other.conf")
    #expect(try run("--once", "--config", "\(root.path)/other.conf").status == 0)
    #expect(try root.text(of: copy) == kept)
  }

  @Test func whereNoneCanBeKeptItSaysSoAndGoesOn() throws {
    try root.write("in the way\n", to: "var/lib/oomguard")
    #expect(
      try complaints(about: "copy") == [
        "<4>no copy of the configuration can be kept for a start with a broken one: /var/lib/oomguard: Not a directory, ignoring"
      ])
    #expect(try root.text(of: "proc/100/oom_score_adj") == "-900\n")
  }
}
