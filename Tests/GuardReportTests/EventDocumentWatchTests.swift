import GuardCore
import GuardReport
import GuardStatus
import GuardSystemd
import GuardTestSupport
import Testing

struct EventDocumentWatchTests {
  private func json(_ event: EventDocument) throws -> String {
    String(decoding: try JSONWriter.bytes(of: event), as: UTF8.self)
  }

  private func event(_ kind: EventKind, _ fields: [String: String]) -> EventDocument {
    EventDocument(
      JournalRecord(
        kind: kind, receivedMicroseconds: 1_777_888_800_000_000, bootID: "",
        fields: fields.mapValues { Array($0.utf8) }
      ))
  }

  @Test func aKillHasEveryFieldAndNullForWhatIsNotKnown() throws {
    let kill = event(
      .kill,
      [
        "EVENT": "kill", "MESSAGE": "x\ny", "PRIORITY": "4", "AT": "2026-05-04T09:00:00Z", "ID": "01234567-1",
        "VICTIM_PID": "42", "VICTIM_COMM": "7", "VICTIM_SCORE": "-900", "TRIGGER_ORDER": "-1",
        "PROTECTED": "yes",
        "REPORT": "a\n\tb\u{1b}\n", "KERNEL_SEQ": "18446744073709551615", "VICTIM_UNIT": "a.service",
        "OBJECT_SYSTEMD_UNIT": "a.service", "NEW_THING": "1",
      ])
    let expected = """
      {"event":"kill","at":"2026-05-04T09:00:00Z","message":"x\\\\x0ay","id":"01234567-1","victim_pid":42,\
      "victim_comm":"7","victim_uid":null,"victim_unit":"a.service","victim_user_unit":null,\
      "victim_container":null,"victim_pod":null,"victim_cgroup":null,"victim_score":-900,\
      "victim_total_vm_kb":null,"victim_anon_rss_kb":null,"victim_file_rss_kb":null,"victim_shmem_rss_kb":null,\
      "victim_pgtables_kb":null,"trigger_pid":null,"trigger_comm":null,"trigger_gfp_mask":null,"trigger_order":-1,\
      "constraint":null,"limit_cgroup":null,"limit":null,"protected":true,"rule":null,"kernel_seq":null,\
      "source":null,"tasks_dumped":null,"report":"a\\u000a\\\\x09b\\\\x1b\\u000a","new_thing":"1"}

      """
    let written = try json(kill)
    #expect(written == expected)
  }

  @Test func theOtherKindsHaveTheirs() throws {
    let pressure = event(
      .pressure, ["MESSAGE": "m", "LEVEL": "warning", "SOME_AVG10": "12.5", "FASTEST_PID": "9"])
    #expect(
      try json(pressure)
        == #"{"event":"pressure","at":"2026-05-04T10:00:00Z","message":"m","level":"warning","unit":null,"#
        + #""cgroup":null,"some_avg10":12.5,"full_avg10":null,"available_percent":null,"source":null,"#
        + #""exhausted_in_seconds":null,"fastest_pid":9,"fastest_comm":null,"fastest_unit":null,"#
        + #""fastest_kb_per_second":null}"# + "\n")
    let drift = event(
      .drift, ["RULE": "a", "SCORE": "-900, -800", "PIDS": "1 2", "OBJECT_SYSTEMD_UNIT": "b.service"])
    #expect(
      try json(drift)
        == #"{"event":"drift","at":"2026-05-04T10:00:00Z","message":"","rule":"a","score":null,"#
        + #""scores":[-900,-800],"count":null,"pids":[1,2],"pid":null,"comm":null,"unit":"b.service","#
        + #""old_score":null,"base":null,"error":null}"# + "\n")
    #expect(
      try json(event(.lost, ["LOST_RECORDS": "x"]))
        == #"{"event":"lost","at":"2026-05-04T10:00:00Z","message":"","lost_records":null}"# + "\n")
  }

  @Test func aKillOfTheStatusHasTheSameNames() throws {
    let kill = StatusDocument.troubled.kills.last[0]
    let told = EventDocument(kill, seenAt: Timestamp(seconds: 0))
    let fields = kill.journalFields.compactMap { name, value in value.map { (name, $0) } }
    var written = event(.kill, Dictionary(uniqueKeysWithValues: fields + [("MESSAGE", kill.sentence)]))
    #expect(written == told)
    written.fields.removeAll { $0.name == "id" }
    #expect(written != told)
  }

  @Test func theLineIsOneLineWhateverIsInIt() {
    let kill = event(.kill, ["MESSAGE": "the kernel killed \u{1b}[31m\n漢 (1)"])
    #expect(
      kill.line(in: Appearance(hasUnicode: false))
        == #"2026-05-04 10:00:00 UTC  kill      the kernel killed \x1b[31m\x0a\xe6\xbc\xa2 (1)"#)
  }
}
