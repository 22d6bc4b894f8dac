import Foundation
import GuardCore
import GuardLinux
import GuardStatus
import GuardSystemd
import GuardTestSupport
import Testing

@testable import GuardReport
@testable import GuardVarlink

/// The interface that is shipped, held against what the code answers.
struct InterfaceTests {
  private let text: InterfaceText

  init() throws { text = try InterfaceText(InterfaceDescription.guardian) }

  @Test func theShippedFileIsWhatTheServiceTells() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("packaging/io.oomguard.Guard.varlink")
    #expect(try String(contentsOf: file, encoding: .utf8) == InterfaceDescription.guardian)
    #expect(text.name == "io.oomguard.Guard")
    #expect(
      try InterfaceText(try #require(InterfaceDescription.of("org.varlink.service"))).name
        == "org.varlink.service")
  }

  /// Holds a reply's parameters against a method: nothing that is not described, and each described field there.
  private func check(_ bytes: [UInt8], _ method: String, leavingOut: Set<String> = []) throws {
    let parameters = try #require(JSONValue(reply: bytes)["parameters"])
    let gives = try #require(text.methods[method]?.gives)
    var seen: Set<String> = []
    #expect(text.mistakes(parameters, gives, seen: &seen) == [])
    #expect(text.paths(gives).subtracting(seen) == leavingOut)
  }

  private func reply(_ root: TemporaryRoot, _ method: String) throws -> [UInt8] {
    let service = Service(in: RootDirectory(root.path)) { Timestamp(seconds: 1_777_892_400) }
    guard
      case .reply(let bytes) = service.outcome(of: Array(#"{"method":"io.oomguard.Guard.\#(method)"}"#.utf8))
    else { return [] }
    return bytes
  }

  @Test func theStatusIsAsDescribed() throws {
    let root = try TemporaryRoot()
    try root.write(Fixture.bytes("status/full.json"), to: "run/oomguard/status.json")
    // Of a daemon that is gone, so that there is a problem; levels of units and forecasts are then not told.
    try check(
      reply(root, "GetStatus"), "GetStatus",
      leavingOut: [
        "Fastest.pid", "Fastest.comm", "Fastest.unit", "Fastest.kb_per_second", "UnitPressure.unit",
        "UnitPressure.level", "UnitPressure.since",
      ])
    let document = try JSONDecoder().decode(
      StatusDocument.self, from: Data(Fixture.bytes("status/full.json")))
    let running = StatusReading(daemon: .running, document: document, problem: .noFile(path: ""))
    try check(Reply.bytes(StatusAnswer(running)), "GetStatus")
    let nothing = StatusReading(daemon: .notInstalled, document: nil, problem: .notInstalled)
    let bytes = Reply.bytes(StatusAnswer(nothing))
    let gives = try #require(text.methods["GetStatus"]?.gives)
    try check(bytes, "GetStatus", leavingOut: text.paths(gives).subtracting([".daemon", ".problem"]))
  }

  @Test func theKillsAreAsDescribed() throws {
    let root = try TemporaryRoot()
    try root.write(Fixture.bytes("status/full.json"), to: "run/oomguard/status.json")
    try check(reply(root, "GetKills"), "GetKills")
  }

  @Test func theVictimsAreAsDescribed() throws {
    let victims = Victims(
      scope: .cgroup("/a"), scaleKB: 1,
      victims: [
        .init(
          pid: 1, comm: "", unit: "a", cgroup: "b", rule: "c", score: -1, badnessKB: -1, rssKB: 0, swapKB: 0,
          pgtablesKB: 0),
        .init(
          pid: 1, comm: "", unit: nil, cgroup: nil, rule: nil, score: -1, badnessKB: -1, rssKB: 0, swapKB: 0,
          pgtablesKB: 0),
      ],
      protected: [
        .init(rule: "a", pid: 1, comm: "", unit: "b", score: 0, marginKB: 1),
        .init(rule: "a", pid: 1, comm: "", unit: nil, score: 0, marginKB: nil),
      ], neverChosen: 0, notes: [""])
    try check(Reply.bytes(victims), "GetVictims")
    // And of this machine, whatever runs on it.
    let service = Service(in: RootDirectory()) { Timestamp(seconds: 1_777_892_400) }
    guard
      case .reply(let bytes) = service.outcome(of: Array(#"{"method":"io.oomguard.Guard.GetVictims"}"#.utf8))
    else {
      Issue.record("no reply")
      return
    }
    let parameters = try #require(JSONValue(reply: bytes)["parameters"])
    var seen: Set<String> = []
    let gives = try #require(text.methods["GetVictims"]?.gives)
    #expect(text.mistakes(parameters, gives, seen: &seen) == [])
  }

  @Test func everyFieldOfEveryEventIsDescribedAndNothingElse() throws {
    let gives = try #require(text.methods["Subscribe"]?.gives)
    #expect(
      Set(EventDocument.knownNames.map { ".\($0)" }).union([".event", ".at", ".message"]) == text.paths(gives)
    )
    for kind in EventKind.allCases {
      // Whatever is a number is one; what is none is a text.
      var fields = Dictionary(
        uniqueKeysWithValues: EventDocument.knownNames.map { ($0.uppercased(), Array("1".utf8)) })
      fields["PROTECTED"] = Array("yes".utf8)
      for fields in [fields, [:], ["NEWER": [0x31]]] {
        let record = JournalRecord(kind: kind, receivedMicroseconds: 0, bootID: "", fields: fields)
        let bytes = Reply.bytes(KnownFields(EventDocument(record)), continues: true)
        let reply = try JSONValue(reply: bytes)
        #expect(reply["continues"] == .bool(true))
        var seen: Set<String> = []
        #expect(text.mistakes(try #require(reply["parameters"]), gives, seen: &seen) == [])
      }
    }
  }

  @Test func theMethodsAndErrorsAreThoseOfTheService() {
    #expect(text.methods.keys.sorted() == ["GetKills", "GetStatus", "GetVictims", "Subscribe"])
    #expect(text.errors == ["NotAvailable": .fields(["why": .string])])
  }
}
