import Foundation
import GuardStatus
import GuardTestSupport
import Testing

struct StatusDocumentTests {
  @Test func theDocumentIsWrittenAsInTheGoldenFile() throws {
    let golden = try String(decoding: Fixture.bytes("status/full.json"), as: UTF8.self)
    let written = try JSONWriter.bytes(of: StatusDocument.full, layout: .indented)
    #expect(String(decoding: written, as: UTF8.self) == golden)
  }

  @Test func theGoldenFileReadsBack() throws {
    let document = try JSONDecoder().decode(
      StatusDocument.self, from: Data(Fixture.bytes("status/full.json")))
    #expect(document == .full)
  }

  /// Section by section, the names that scripts and dashboards rely on.
  @Test(arguments: [
    (
      "",
      """
      version pid start_ticks since written_at reconcile_seconds state dry_run config degraded rules pressure \
      kills counters
      """
    ),
    ("config", "files loaded_at error"),
    ("degraded.0", "what why"),
    ("rules.0", "name kind score scope matched warning processes"),
    ("rules.0.processes.0", "pid comm unit cgroup score base state error"),
    (
      "pressure",
      """
      level since some_avg10 full_avg10 some_total_usec full_total_usec available_percent source \
      exhausted_in_seconds fastest units
      """
    ),
    ("pressure.fastest", "pid comm unit kb_per_second"),
    ("pressure.units.0", "unit level since"),
    ("kills", "total protected lost_records unlogged constraints vmstat_oom_kill last"),
    (
      "kills.last.0",
      "id seq at victim trigger constraint limit_cgroup limit protected rule tasks_dumped source"
    ),
    (
      "kills.last.0.victim",
      """
      pid comm uid unit user_unit container pod cgroup score total_vm_kb anon_rss_kb file_rss_kb shmem_rss_kb
      pgtables_kb
      """
    ),
    ("kills.last.0.trigger", "pid comm gfp_mask order"),
    ("kills.constraints.0", "constraint total protected"),
    ("counters", "writes repairs conflicts overruns surveys wakeups unsent"),
  ])
  func theFieldsAreThoseOfTheContract(path: String, names: String) throws {
    for document in [StatusDocument.full, .bare] {
      var value = try JSONSerialization.jsonObject(with: Data(JSONWriter.bytes(of: document)))
      for step in path.split(separator: ".") {
        if let index = Int(step) {
          let list = try #require(value as? [Any])
          guard index < list.count else { return }  // the bare document has empty lists
          value = list[index]
        } else {
          value = try #require((value as? [String: Any])?[String(step)])
        }
      }
      if value is NSNull { return }
      let object = try #require(value as? [String: Any])
      #expect(Set(object.keys) == Set(names.split { $0 == " " || $0 == "\n" }.map(String.init)))
    }
  }

  @Test func unknownFieldsAreSkippedAndAbsentOnesAreNil() throws {
    var text = try String(decoding: JSONWriter.bytes(of: StatusDocument.bare), as: UTF8.self)
    text = text.replacingOccurrences(of: #""error":null"#, with: #""novel":{"a":[1]}"#)
    #expect(try JSONDecoder().decode(StatusDocument.self, from: Data(text.utf8)) == .bare)
  }

  @Test func anUnknownWordIsAnErrorNotAGuess() throws {
    var text = try String(decoding: JSONWriter.bytes(of: StatusDocument.bare), as: UTF8.self)
    text = text.replacingOccurrences(of: #""state":"running""#, with: #""state":"hibernating""#)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(StatusDocument.self, from: Data(text.utf8))
    }
  }

  @Test func randomDocumentsSurviveFoundationsDecoder() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    for round in 0..<200 {
      let document = StatusDocument.random(using: &random)
      let compact = try JSONWriter.bytes(of: document)
      #expect(
        try JSONDecoder().decode(StatusDocument.self, from: Data(compact)) == document,
        "seed \(seed), round \(round)")
      let indented = try JSONWriter.bytes(of: document, layout: .indented)
      #expect(
        try JSONDecoder().decode(StatusDocument.self, from: Data(indented)) == document,
        "seed \(seed), round \(round)")
    }
  }
}
