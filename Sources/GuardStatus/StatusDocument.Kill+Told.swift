// How a kill is told to the journal: one place for its words and fields, for whoever writes and whoever reads them.
extension StatusDocument.Kill {
  /// `the kernel killed hog (4242) of batch.service: the limit of /batch.slice was hit; …`
  package var sentence: String {
    let what = (victim.comm ?? "a process") + (victim.pid.map { " (\($0))" } ?? "")
    let place = victim.unit.map { " of \($0)" } ?? ""
    let cause =
      switch constraint {
      case .memcg:
        ": the limit of \(limitCgroup ?? "its memory cgroup")\(limit == .parent ? ", above it," : "") was hit"
      case .global: ": the machine was out of memory"
      case .cpuset: ": its cpuset was out of memory"
      case .mempolicy: ": the nodes of its memory policy were out of memory"
      case nil: ""
      }
    let size = victim.anonRSSKB.map { ", it held \($0) KiB of anonymous memory" } ?? ""
    let protection = protected == true ? "; it was PROTECTED by rule '\(rule ?? "")'" : ""
    let witness =
      switch source {
      case .kernelLog: ""
      case .memoryEvents: "; no line of its log tells of it, only the count of \(victim.cgroup ?? "a cgroup")"
      case .vmstat: "; no line of its log tells of it, only its own count"
      }
    return "the kernel killed \(what)\(place)\(cause)\(size)\(protection)\(witness)"
  }

  /// The entry's fields after their prefix `OOMGUARD_`, the kernel's report aside. What is absent is left out of
  /// an entry, `protected` of a kill that happened before a daemon was there to know.
  package var journalFields: [(name: String, value: String?)] {
    func number(_ value: (some BinaryInteger)?) -> String? { value.map { "\($0)" } }
    return [
      ("ID", id),
      ("VICTIM_PID", number(victim.pid)),
      ("VICTIM_COMM", victim.comm),
      ("VICTIM_UID", number(victim.uid)),
      ("VICTIM_UNIT", victim.unit),
      ("VICTIM_USER_UNIT", victim.userUnit),
      ("VICTIM_CONTAINER", victim.container),
      ("VICTIM_POD", victim.pod),
      ("VICTIM_CGROUP", victim.cgroup),
      ("VICTIM_SCORE", number(victim.score)),
      ("VICTIM_TOTAL_VM_KB", number(victim.totalVMKB)),
      ("VICTIM_ANON_RSS_KB", number(victim.anonRSSKB)),
      ("VICTIM_FILE_RSS_KB", number(victim.fileRSSKB)),
      ("VICTIM_SHMEM_RSS_KB", number(victim.shmemRSSKB)),
      ("VICTIM_PGTABLES_KB", number(victim.pgtablesKB)),
      ("TRIGGER_PID", number(trigger.pid)),
      ("TRIGGER_COMM", trigger.comm),
      ("TRIGGER_GFP_MASK", trigger.gfpMask),
      ("TRIGGER_ORDER", number(trigger.order)),
      ("CONSTRAINT", constraint?.rawValue),
      ("LIMIT_CGROUP", limitCgroup),
      ("LIMIT", limit?.rawValue),
      ("PROTECTED", protected.map { $0 ? "yes" : "no" }),
      ("RULE", rule),
      ("KERNEL_SEQ", number(seq)),
      ("AT", at.map { "\($0)" }),
      ("SOURCE", source.rawValue),
      ("TASKS_DUMPED", number(tasksDumped)),
    ]
  }
}
