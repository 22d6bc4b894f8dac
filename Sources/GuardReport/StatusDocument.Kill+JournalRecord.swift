package import GuardStatus
package import GuardSystemd

extension StatusDocument.Kill {
  /// A kill as the daemon told it to the journal.
  ///
  /// Numbers that are none are absent: the entry is the daemon's, but it may be of another version.
  package init(_ record: JournalRecord) {
    let seq = record.number("KERNEL_SEQ", as: UInt64.self)
    self.init(
      id: record["ID"] ?? seq.map { "\(record.bootID.prefix(8))-\($0)" }, seq: seq,
      at: record["AT"].flatMap { Timestamp($0) } ?? record.received, victim: Victim(record),
      trigger: Trigger(
        pid: record.number("TRIGGER_PID"), comm: record["TRIGGER_COMM"], gfpMask: record["TRIGGER_GFP_MASK"],
        order: record.number("TRIGGER_ORDER")),
      constraint: record["CONSTRAINT"].flatMap { Constraint(rawValue: $0) },
      limitCgroup: record["LIMIT_CGROUP"], limit: record["LIMIT"].flatMap { Limit(rawValue: $0) },
      protected: record.flag("PROTECTED"), rule: record["RULE"],
      tasksDumped: record.number("TASKS_DUMPED"),
      source: record["SOURCE"].flatMap { Source(rawValue: $0) } ?? .kernelLog)
  }
}

extension StatusDocument.Kill.Victim {
  fileprivate init(_ record: JournalRecord) {
    self.init(
      pid: record.number("VICTIM_PID"), comm: record["VICTIM_COMM"], uid: record.number("VICTIM_UID"),
      unit: record["VICTIM_UNIT"], userUnit: record["VICTIM_USER_UNIT"],
      container: record["VICTIM_CONTAINER"],
      pod: record["VICTIM_POD"], cgroup: record["VICTIM_CGROUP"], score: record.number("VICTIM_SCORE"),
      totalVMKB: record.number("VICTIM_TOTAL_VM_KB"), anonRSSKB: record.number("VICTIM_ANON_RSS_KB"),
      fileRSSKB: record.number("VICTIM_FILE_RSS_KB"), shmemRSSKB: record.number("VICTIM_SHMEM_RSS_KB"),
      pgtablesKB: record.number("VICTIM_PGTABLES_KB"))
  }
}

extension JournalRecord {
  package var received: Timestamp {
    Timestamp(microsecondsSinceEpoch: Int64(clamping: receivedMicroseconds))
  }

  /// `yes` or `no`.
  func flag(_ name: String) -> Bool? {
    switch self[name] {
    case "yes": true
    case "no": false
    default: nil
    }
  }
}
