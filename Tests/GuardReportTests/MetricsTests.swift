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

  /// Whatever the list leaves out, the sums are those of the document.
  @Test func killsThatAreNotListedAreStillCounted() throws {
    var document = StatusDocument.troubled
    (document.kills.total, document.kills.protected) = (1_000, 17)
    let family = try #require(metrics(document).families.first { $0.name == "oomguard_kills_total" })
    func sum(_ protected: String) -> Int {
      family.samples.filter { $0.labels.contains { $0 == ("protected", protected) } }.compactMap {
        Int($0.value)
      }
      .reduce(0, +)
    }
    #expect((sum("yes"), sum("no")) == (17, 983))
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

  private static let promtool = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  @Test(.enabled(if: promtool != nil, "promtool, of Debian's package prometheus, is not installed"))
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
