import Foundation
import GuardLinux
import GuardReport
import GuardStatus
import GuardTestSupport
import Testing

/// `protect` and `unprotect` on directories shaped like `/`, without a daemon; with one, see LiveProtectionTests.
struct ProtectionTests {
  private let root: TemporaryRoot

  init() throws {
    root = try TemporaryRoot()
    try root.installMachine()
    try root.write("[[protect]]\nname = \"db\"\nunit = \"db.service\"\nscore = -5\n", to: "etc/oomguard.conf")
    try root.write("", to: "etc/systemd/system/oomguard.service")
  }

  private var place: RootDirectory { RootDirectory(root.path) }

  private func protect(_ unit: String, _ score: Int, runtime: Bool = false) throws -> Protection {
    try Protection.protect(unit, score: score, runtime: runtime, in: place, wall: { Timestamp(seconds: 0) })
  }

  private func unprotect(_ unit: String) throws -> Protection {
    try Protection.unprotect(unit, in: place, wall: { Timestamp(seconds: 0) })
  }

  private func refusal(_ body: () throws -> Protection) -> Refusal? {
    do {
      _ = try body()
      return nil
    } catch {
      return (error as? Refusal).map {
        Refusal($0.exitStatus, $0.description.replacingOccurrences(of: root.path, with: ""))
      }
    }
  }

  /// Every file below etc and run that is not there from the start.
  private func files() throws -> [String: String] {
    var found: [String: String] = [:]
    for directory in ["etc/oomguard.conf.d", "run/oomguard.conf.d"] {
      for name in (try? FileManager.default.contentsOfDirectory(atPath: "\(root.path)/\(directory)")) ?? [] {
        found["\(directory)/\(name)"] = try root.text(of: "\(directory)/\(name)")
      }
    }
    return found
  }

  private func text(_ rule: String, _ unit: String, _ score: Int) -> String {
    """
    # Written by: oomguardctl protect; undone by: oomguardctl unprotect
    [[protect]]
    name = '\(rule)'
    unit = '\(unit)'
    score = \(score)

    """
  }

  private static let nginx = "etc/oomguard.conf.d/60-oomguardctl-nginx.service.conf"

  @Test func theRuleIsAFileOfItsOwn() throws {
    var answer = try protect("nginx", -500)
    #expect(try files() == [Self.nginx: text("nginx.service", "nginx.service", -500)])
    let json = try String(decoding: JSONWriter.bytes(of: answer), as: UTF8.self).dropLast()
    #expect(
      json.replacingOccurrences(of: root.path, with: "")
        == #"{"unit":"nginx.service","rule":"nginx.service","score":-500,"files":["/\#(Self.nginx)"],"loaded":false,"#
        + #""processes":[],"notes":[],"problem":"oomguardd is not running; start it with: systemctl start oomguard"}"#
    )
    #expect(answer.exitStatus == .notRunning)
    // The score alone is another.
    answer = try protect("nginx.service", 7)
    #expect(try files() == [Self.nginx: text("nginx.service", "nginx.service", 7)])
    answer = try unprotect("nginx")
    #expect(
      (answer.rule, answer.files, answer.exitStatus) == (nil, ["\(root.path)/\(Self.nginx)"], .notRunning))
    #expect(try files() == [:])
  }

  @Test func forNowIsBelowRunAndHiddenByWhatIsForGood() throws {
    let now = Self.nginx.replacingOccurrences(of: "etc/", with: "run/")
    _ = try protect("nginx", -500, runtime: true)
    #expect(try files() == [now: text("nginx.service", "nginx.service", -500)])
    _ = try protect("nginx", -400)
    #expect(try files().keys.sorted() == [Self.nginx, now])
    #expect(
      refusal { try protect("nginx", -300, runtime: true) }
        == Refusal(
          .usage,
          "'/\(Self.nginx)' protects it for good already, and hides what is for now; leave --runtime out"))
    _ = try unprotect("nginx")
    #expect(try files() == [:])
  }

  @Test func aUnitsNameIsSafeInTheFileAndInItsName() throws {
    _ = try protect(#"dev-disk-by\x2duuid*.mount"#, -1)
    let name = #"etc/oomguard.conf.d/60-oomguardctl-dev-disk-by\x5cx2duuid\x2a.mount.conf"#
    #expect(try files() == [name: text(#"dev-disk-by\x2duuid*.mount"#, #"dev-disk-by\x2duuid*.mount"#, -1)])
    for bad in ["", ".service", "a b", "a/../b", "a'b", "a\nb", "ü", "-\u{0}"] {
      #expect(refusal { try protect(bad, -1) }?.exitStatus == .usage, "\(bad)")
    }
    #expect(refusal { try protect(String(repeating: "a", count: 250), -1) }?.exitStatus == .usage)
    #expect(try files().count == 1)
  }

  @Test func whatCannotBeMeantIsRefused() throws {
    #expect(refusal { try protect("nginx", 1001) }?.exitStatus == .usage)
    #expect(refusal { try protect("nginx", -1000) }?.exitStatus == .usage)
    #expect(
      refusal { try protect("db", -900) }
        == Refusal(
          .finding,
          "the rule 'db' at /etc/oomguard.conf:1:1 means it already, and comes first; change the score there, "
            + "then: systemctl reload oomguard"))
    try root.write("x = 1\n", to: "etc/oomguard.conf.d/10-broken.conf")
    #expect(refusal { try protect("nginx", -1) }?.exitStatus == .finding)
    try FileManager.default.removeItem(atPath: "\(root.path)/etc/oomguard.conf.d/10-broken.conf")
    #expect(try files() == [:])
  }

  @Test func aRuleThatComesLaterOrAsksForMoreIsNotInTheWay() throws {
    try root.write(
      "[[protect]]\nname = \"nginx.service\"\nunit = \"nginx*\"\nscore = -5\n",
      to: "etc/oomguard.conf.d/90-late.conf")
    try root.write(
      "[[protect]]\nname = \"a\"\nunit = \"nginx.service\"\nexe = \"/usr/sbin/nginx\"\nscore = -5\n",
      to: "etc/oomguard.conf")
    let answer = try protect("nginx", -500)
    #expect(answer.rule == "nginx.service (oomguardctl)")
    #expect(try files()[Self.nginx] == text("nginx.service (oomguardctl)", "nginx.service", -500))
    #expect(try unprotect("nginx").rule == "a")
  }

  @Test func aRuleOfSomebodyElsesIsNamedAndLeft() throws {
    #expect(
      refusal { try unprotect("db") }
        == Refusal(
          .finding,
          "the rule 'db' at /etc/oomguard.conf:1:1 means it, and was not written by oomguardctl; take it out there, "
            + "then: systemctl reload oomguard"))
    #expect(
      refusal { try unprotect("nginx") }
        == Refusal(.usage, "no rule means 'nginx.service'; see which there are with: oomguardctl status"))
  }

  @Test(.enabled(if: geteuid() == 0, "only root can become somebody else"))
  func whoIsNotRootIsToldSoBeforeAnything() throws {
    for arguments in [["protect", "nginx", "--score", "-5"], ["unprotect", "nginx"]] {
      let outcome = try BuiltClient.runAsNobody(arguments)
      #expect(
        outcome
          == BuiltClient.Outcome(
            status: 4, output: "",
            complaint: "oomguardctl: only root may change what is protected; run it with sudo\n"))
    }
  }
}
