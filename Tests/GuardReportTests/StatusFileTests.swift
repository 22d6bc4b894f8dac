import Foundation
import GuardLinux
import GuardReport
import GuardStatus
import GuardTestSupport
import Testing

struct StatusFileTests {
  private let root: TemporaryRoot

  init() throws { root = try TemporaryRoot() }

  private func reading(after seconds: Int64 = 1) -> StatusReading {
    StatusFile(in: RootDirectory(root.path)).reading(
      at: Timestamp(
        microsecondsSinceEpoch: StatusDocument.lastWritten.microsecondsSinceEpoch + seconds * 1_000_000))
  }

  /// The message, with the root's random name taken out.
  private func message(_ problem: StatusProblem?) -> String? {
    problem?.description.replacingOccurrences(of: root.path, with: "")
  }

  @Test func aRunningDaemonIsBelieved() throws {
    try root.install(.calm)
    #expect(reading() == StatusReading(daemon: .running, document: .calm, problem: nil))
  }

  @Test(arguments: [95, -86_400]) func silenceWithinThreeReconcilesOrAClockSetBackIsNormal(seconds: Int64)
    throws
  {
    try root.install(.calm)
    #expect(reading(after: seconds) == StatusReading(daemon: .running, document: .calm, problem: nil))
  }

  @Test func aDaemonThatFellSilentIsStuck() throws {
    try root.install(.calm)
    let reading = reading(after: 96)
    #expect(reading.daemon == .stuck)
    #expect(reading.document == .calm)
    #expect(
      message(reading.problem)
        == "oomguardd (pid 812) is stuck: nothing from it for 1 min 36 s, since 2026-05-04 11:00:00 UTC; "
        + "it hangs or cannot write, see: journalctl -u oomguard; restart the daemon with: systemctl restart oomguard"
    )
    #expect(reading.problem?.exitStatus == .notRunning)
  }

  @Test(arguments: [nil, 12_346]) func aDaemonWhosePIDIsGoneOrAnothersIsStopped(startTicks: UInt64?) throws {
    try root.install(.calm, processStartTicks: startTicks)
    let reading = reading()
    #expect(reading.daemon == .stopped)
    #expect(
      message(reading.problem)
        == "oomguardd is not running: its process 812 is gone, last seen at 2026-05-04 11:00:00 UTC; "
        + "start it with: systemctl start oomguard, and see why with: journalctl -u oomguard")
    #expect(reading.problem?.exitStatus == .notRunning)
  }

  @Test func aDaemonThatOnlyWaitsToBeCollectedIsStopped() throws {
    try root.install(.calm)
    let stat = try root.text(of: "proc/812/stat").replacingOccurrences(of: ") S ", with: ") Z ")
    try root.write(stat, to: "proc/812/stat")
    #expect(reading().daemon == .stopped)
  }

  @Test func aDaemonThatCannotWriteIsFoundAllTheSame() throws {
    try root.write("oomguardd\n", to: "proc/813/comm")
    try root.write("oomguard\n", to: "proc/812/comm")
    let path = root.path + "/run/oomguard/status.json"
    #expect(
      reading() == StatusReading(daemon: .running, document: nil, problem: .silent(pid: 813, path: path)))
    #expect(
      message(reading().problem) == "oomguardd (pid 813) is running, but there is no "
        + "'/run/oomguard/status.json'; see why with: journalctl -u oomguard")
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give a directory away"))
  func aProcessThatOnlyBorrowsTheNameIsNotTheDaemon() throws {
    try root.write("oomguardd\n", to: "proc/813/comm")
    try FileManager.default.setAttributes([.ownerAccountID: 4242], ofItemAtPath: root.path + "/proc/813")
    #expect(reading().daemon == .notInstalled)
  }

  @Test func aDaemonThatSaidGoodbyeIsStopped() throws {
    var document = StatusDocument.calm
    document.state = .stopping
    try root.install(document)
    let reading = reading()
    #expect(reading.daemon == .stopped)
    #expect(reading.document == document)
    #expect(
      message(reading.problem) == "oomguardd is not running, it stopped at 2026-05-04 11:00:00 UTC; "
        + "start it with: systemctl start oomguard")
  }

  /// As with the mount option hidepid=2: /proc shows the caller, but neither init nor the daemon.
  @Test func whereProcessesAreHiddenTheAgeOfTheFileDecides() throws {
    try root.install(.calm, processStartTicks: nil)
    try root.write("1 (x) S", to: "proc/self/stat")
    #expect(reading().daemon == .running)
    #expect(reading(after: 96).daemon == .stopped)
  }

  @Test func withoutAFileTheInstalledPartsTellStoppedFromNotInstalled() throws {
    #expect(reading() == StatusReading(daemon: .notInstalled, document: nil, problem: .notInstalled))
    #expect(message(reading().problem) == "oomguardd is not installed; install the package 'oomguard'")
    try root.write("", to: "lib/systemd/system/oomguard.service")
    let path = root.path + "/run/oomguard/status.json"
    #expect(reading() == StatusReading(daemon: .stopped, document: nil, problem: .noFile(path: path)))
    #expect(message(reading().problem) == "oomguardd is not running; start it with: systemctl start oomguard")
    #expect(reading().problem?.exitStatus == .notRunning)
  }

  struct Damage: Sendable, CustomTestStringConvertible {
    var name: String
    var why: String
    var mend: @Sendable (String) -> String
    var testDescription: String { name }
  }

  @Test(arguments: [
    Damage(name: "empty", why: "it is empty") { _ in "" },
    Damage(name: "half", why: "it is half written or not JSON") { String($0.prefix($0.count / 2)) },
    Damage(name: "text", why: "it is half written or not JSON") { _ in "oomguard: all is well\n" },
    Damage(name: "two", why: "it is half written or not JSON") { $0 + $0 },
    Damage(name: "list", why: "it is no JSON object") { _ in "[]" },
    Damage(name: "nothing", why: "'version' is missing") { _ in "{}" },
    Damage(name: "type", why: "'pid' is not of the right type") {
      $0.replacingOccurrences(of: #""pid":812"#, with: #""pid":"812""#)
    },
    Damage(name: "range", why: "a number in it is out of range") {
      $0.replacingOccurrences(of: #""score":-900,"scope""#, with: #""score":-90000,"scope""#)
    },
    Damage(name: "time", why: "'written_at' has no valid value") {
      $0.replacingOccurrences(of: "2026-05-04T11:00:00Z", with: "yesterday")
    },
    Damage(name: "word", why: "'state' has no valid value") {
      $0.replacingOccurrences(of: #""state":"running""#, with: #""state":"asleep""#)
    },
    Damage(name: "null", why: "'rules' is not of the right type") {
      $0.replacingOccurrences(of: #""rules":["#, with: #""rules":null,"x":["#)
    },
  ])
  func aDamagedFileIsNamedWithItsFault(damage: Damage) throws {
    try root.install(.calm)
    try root.write(damage.mend(root.text(of: "run/oomguard/status.json")), to: "run/oomguard/status.json")
    let reading = reading()
    #expect(reading.daemon == nil)
    #expect(reading.document == nil)
    #expect(
      message(reading.problem) == "'/run/oomguard/status.json' is not a status document: \(damage.why); "
        + "restart the daemon with: systemctl restart oomguard")
    #expect(reading.problem?.exitStatus == .notRunning)
  }

  @Test func bytesThatAreNoTextDoNotHurt() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    for _ in 0..<200 {
      var bytes = try JSONWriter.bytes(of: StatusDocument.troubled)
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      try root.write(bytes, to: "run/oomguard/status.json")
      let reading = reading()
      #expect(reading.problem != nil, "seed \(seed)")  // there is no such process
      _ = StatusScreen(reading, at: StatusDocument.lastWritten, detail: .verbose, in: Appearance(width: 40))
        .lines()
    }
  }

  @Test func aFieldOfALaterVersionIsShownWithAWarning() throws {
    var document = StatusDocument.calm
    document.version = "9.9.9"
    try root.install(document)
    let problem = StatusProblem.otherVersion(
      path: root.path + "/run/oomguard/status.json", version: "9.9.9")
    #expect(reading() == StatusReading(daemon: .running, document: document, problem: problem))
    #expect(
      message(problem) == "'/run/oomguard/status.json' was written by oomguardd 9.9.9, this is oomguardctl "
        + "\(Release.version); restart the daemon with: systemctl restart oomguard")
    #expect(problem.exitStatus == .notRunning)
  }

  @Test func aDocumentOnlyALaterVersionUnderstandsIsNotGuessedAt() throws {
    try root.write(#"{"version": "9.9.9", "state": "asleep"}"#, to: "run/oomguard/status.json")
    let problem = StatusProblem.otherVersion(
      path: root.path + "/run/oomguard/status.json", version: "9.9.9")
    #expect(reading() == StatusReading(daemon: nil, document: nil, problem: problem))
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
  func aFileOfSomebodyElseIsNotBelieved() throws {
    try root.install(.calm)
    try FileManager.default.setAttributes(
      [.ownerAccountID: 4242], ofItemAtPath: root.path + "/run/oomguard/status.json")
    let reading = reading()
    #expect(reading.daemon == nil && reading.document == nil)
    #expect(
      message(reading.problem) == "'/run/oomguard/status.json' belongs to uid 4242 and not to root, so it is "
        + "not believed; remove the file, then restart the daemon with: systemctl restart oomguard")
  }

  @Test func aDirectoryInItsPlaceIsNamed() throws {
    try root.write("", to: "run/oomguard/status.json/x")
    #expect(
      message(reading().problem)
        == "/run/oomguard/status.json: Is a directory; restart the daemon with: systemctl restart oomguard")
  }

  @Test func aFIFOInItsPlaceDoesNotBlock() throws {
    try root.write("", to: "run/oomguard/x")
    try #require(unsafe mkfifo(root.path + "/run/oomguard/status.json", 0o644) == 0)
    #expect(
      message(reading().problem)
        == "/run/oomguard/status.json: Invalid argument; restart the daemon with: systemctl restart oomguard")
  }

  @Test func whoMayNotReadItIsToldSo() {
    let problem = StatusProblem.unreadable(SystemCallError(call: "open", subject: "/x", code: EACCES))
    #expect(
      problem.description
        == "/x: Permission denied; it must be readable by all: restart the daemon with: systemctl restart oomguard"
    )
    #expect(problem.exitStatus == .notPermitted)
  }
}
