import GuardCore
import GuardStatus
import Testing

struct EventDocumentTests {
  private func json(_ event: EventKind, _ fields: [(String, String)]) throws -> String {
    let document = EventDocument(
      event, at: Timestamp(microsecondsSinceEpoch: 1_777_888_800_000_000), message: "m",
      fields: fields.map { .init($0.0, .init($0.0, Array($0.1.utf8)) ?? .text($0.1.utf8.printable)) })
    return String(decoding: try JSONWriter.bytes(of: document), as: UTF8.self)
  }

  @Test func fieldsAreInLowerCaseAndOfTheirType() throws {
    #expect(
      try json(
        .kill,
        [
          ("VICTIM_PID", "42"), ("VICTIM_COMM", "7"), ("VICTIM_SCORE", "-900"), ("PROTECTED", "yes"),
          ("PIDS", "1 2"), ("NEW_THING", "1"), ("HELD_BACK", "3"),
        ])
        == #"{"event":"kill","at":"2026-05-04T10:00:00Z","message":"m","victim_pid":42,"victim_comm":"7","#
        + #""victim_score":-900,"protected":true,"pids":[1,2],"new_thing":"1","held_back":3}"# + "\n")
    #expect(
      try json(
        .pressure, [("SOME_AVG10", "12.5"), ("EXHAUSTED_IN_SECONDS", "9"), ("FASTEST_KB_PER_SECOND", "8")])
        == #"{"event":"pressure","at":"2026-05-04T10:00:00Z","message":"m","some_avg10":12.5,"#
        + #""exhausted_in_seconds":9,"fastest_kb_per_second":8}"# + "\n")
  }

  @Test func whatIsNotOfItsTypeIsText() throws {
    #expect(
      try json(
        .protect,
        [("SCORE", "-900, -800"), ("PIDS", "1 x"), ("PROTECTED", "perhaps"), ("SOME_AVG10", "x\ny")])
        == #"{"event":"protect","at":"2026-05-04T10:00:00Z","message":"m","score":"-900, -800","pids":"1 x","#
        + #""protected":"perhaps","some_avg10":"x\\x0ay"}"# + "\n")
  }
}
