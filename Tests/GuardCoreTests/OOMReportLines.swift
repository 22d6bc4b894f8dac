import GuardCore

/// Reports for a reader to read, a line each.
protocol OOMReportLines {}

extension OOMReportLines {
  /// What is compared of a kill where its sizes do not matter.
  static func told(_ kill: OOMKill) -> String {
    func text(_ bytes: [UInt8]?) -> String { bytes?.printable ?? "-" }
    var description = "\(kill.victim.pid) \(text(kill.victim.comm)) in \(text(kill.victim.cgroup))"
    description += ", \(kill.constraint?.rawValue ?? "-") of \(text(kill.limitCgroup))"
    if let group = kill.groupCgroup { description += ", group \(text(group))" }
    if let trigger = kill.trigger {
      description +=
        ", by \(trigger.pid.map { "\($0)" } ?? "-") \(text(trigger.comm)) \(text(trigger.gfpMask))"
    }
    if let tasks = kill.tasksDumped { description += ", tasks \(tasks)" }
    return description
  }

  static func told(_ lines: [String]) -> [String] {
    var reader = OOMReportReader()
    return lines.compactMap { line in
      KernelLine(logLine: Array(line.utf8)[...]).flatMap { reader.read($0) }.map { told($0) }
    }
  }

  static func header(_ comm: String) -> String {
    "\(comm) invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"
  }
  static func cpu(_ pid: Int, _ comm: String) -> String {
    "CPU: 0 PID: \(pid) Comm: \(comm) Not tainted 6.1.0 #1"
  }
  static var table: [String] {
    [
      "Tasks state (memory values in pages):",
      "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
      "[      7]     0     7      646      217    49152        0             0 x",
    ]
  }
  static func constraint(_ pid: Int, _ comm: String, _ cgroup: String = "/a/b") -> String {
    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=\(cgroup),task=\(comm),pid=\(pid),uid=0"
  }
  static func kill(_ pid: Int, _ comm: String) -> String {
    "Memory cgroup out of memory: Killed process \(pid) (\(comm)) total-vm:\(pid)kB, anon-rss:2kB, file-rss:1kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0"
  }
}

extension OOMReportReader {
  mutating func feed(_ lines: [String]) -> [OOMKill] {
    var kills: [OOMKill] = []
    for line in lines { if let kill = read(KernelLine(text: Array(line.utf8)[...])) { kills.append(kill) } }
    return kills
  }
}

extension String {
  var replacingNewlines: String { replacing("\n", with: "\\x0a") }
}
