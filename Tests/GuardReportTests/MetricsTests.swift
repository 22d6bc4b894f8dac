import Foundation
import GuardReport
import GuardStatus
import GuardTestSupport
import Testing

struct MetricsTests {
  private func metrics(_ document: StatusDocument, _ daemon: DaemonState = .running) -> Metrics {
    Metrics(StatusReading(daemon: daemon, document: document, problem: nil))
  }

  private func golden(_ name: String) throws -> String {
    try String(decoding: Fixture.bytes("metrics/\(name)"), as: UTF8.self)
  }

  private static var awkward: StatusDocument {
    var document = StatusDocument.troubled
    document.rules[0].name = "a \"quoted\\x2d\" rüle"
    (document.pressure.someTotalUsec, document.pressure.fullTotalUsec) = (12_000_045, 3_000_000)
    return document
  }

  @Test func aDaemonInTrouble() throws {
    let metrics = metrics(Self.awkward)
    #expect(try metrics.text == golden("troubled.prom"))
    let json = try String(decoding: JSONWriter.bytes(of: metrics, layout: .indented), as: UTF8.self)
    #expect(try json == golden("troubled.json"))
  }

  @Test(arguments: [DaemonState.stopped, .stuck, .notInstalled])
  func whatADaemonSaidLastIsNoMeasurement(daemon: DaemonState) {
    #expect(
      metrics(.calm, daemon).text
        == "# HELP oomguard_up Whether oomguardd is at work.\n# TYPE oomguard_up gauge\noomguard_up 0\n")
  }

  /// A counter that goes back looks like a restart.
  @Test func killsThatAreNotListedAreStillCounted() throws {
    var document = StatusDocument.troubled
    (document.kills.total, document.kills.protected) = (1_000, 17)
    document.kills.constraints = [
      .init(.memcg, total: 900, protected: 10), .init(.cpuset, total: 2, protected: 2),
    ]
    document.kills.last.removeFirst(5)
    let family = try #require(metrics(document).families.first { $0.name == "oomguard_kills_total" })
    let counts = family.samples.map { [$0.labels[0].value, $0.labels[1].value, $0.value] }
    #expect(
      counts == [
        ["yes", "global", "0"], ["yes", "memcg", "10"], ["yes", "cpuset", "2"], ["yes", "mempolicy", "0"],
        ["yes", "unknown", "5"], ["no", "global", "0"], ["no", "memcg", "890"], ["no", "cpuset", "0"],
        ["no", "mempolicy", "0"], ["no", "unknown", "93"],
      ])
  }

  @Test func countsThatContradictEachOtherAreNoTrap() throws {
    var document = StatusDocument.troubled
    (document.kills.total, document.kills.protected) = (1, .max)
    document.kills.constraints = [
      .init(.memcg, total: 7, protected: .max), .init(.memcg, total: .max, protected: 0),
    ]
    let family = try #require(metrics(document).families.first { $0.name == "oomguard_kills_total" })
    #expect(family.samples.map(\.value) == ["0", "\(UInt64.max)", "0", "0", "0", "0", "0", "0", "0", "0"])
  }

  @Test func theFileIsReplacedInOnePiece() throws {
    let root = try TemporaryRoot()
    try root.install(.calm)
    let path = "\(root.path)/oomguard.prom"
    try root.write("old", to: "oomguard.prom")
    let reader = try #require(FileHandle(forReadingAtPath: path))
    // Its document is of long ago, so it is stuck.
    #expect(try BuiltClient.run(["metrics", "--root", root.path, "--output", path]).status == 3)
    #expect(try root.text(of: "oomguard.prom").hasSuffix("oomguard_up 0\n"))
    #expect(try reader.readToEnd() == Data("old".utf8))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: root.path).sorted() == [
        "oomguard.prom", "proc", "run",
      ])
    let missing = try BuiltClient.run(["metrics", "--root", root.path, "--output", "\(root.path)/no/x.prom"])
    #expect(missing.status == 2 && missing.complaint.contains("No such file or directory; name a file"))
  }

  private static let promtool = ["/usr/bin/promtool", Fixture.path("../../.build/promtool/usr/bin/promtool")]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  @Test(
    .enabled(
      if: promtool != nil, "promtool, of Debian's package prometheus, is not there; run: make test-deps"))
  func promtoolFindsNothingWrong() throws {
    let root = try TemporaryRoot()
    for document in [StatusDocument.calm, Self.awkward] {
      try root.write(metrics(document).text, to: "m.prom")
      let process = Foundation.Process()
      process.executableURL = URL(fileURLWithPath: try #require(Self.promtool))
      process.arguments = ["check", "metrics"]
      process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: "\(root.path)/m.prom"))
      let said = Pipe()
      (process.standardOutput, process.standardError) = (said, said)
      try process.run()
      let text = said.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      #expect(String(decoding: text, as: UTF8.self) == "")
      #expect(process.terminationStatus == 0)
    }
  }
}
