internal import GuardStatus

// A line a kill and not a table, whose columns nobody knows before the end: in `dmesg -w | oomguardctl parse` each
// line comes with its kill.
extension LoggedKill {
  /// `[12345.678901] killed 4242 'hog', uid 1000, 192 MiB; limit of cgroup '/batch.slice'; …`; what the log does
  /// not say is left out.
  package func line(in appearance: Appearance) -> String {
    let victim = kill.victim
    var who = "killed \(Self.task(victim.pid, victim.comm))"
    if let uid = victim.uid { who += ", uid \(uid)" }
    if let score = victim.score { who += ", score \(score)" }
    if let resident = victim.residentKB { who += ", \(resident.kibibytesText) resident" }
    var facts = [who]
    if let limit { facts.append(limit) }
    if let cgroup = victim.cgroup { facts.append("it was in '\(cgroup)'") }
    if let groupCgroup { facts.append("taken along by memory.oom.group of '\(groupCgroup)'") }
    if kill.trigger.order == -1 {
      facts.append("asked for by SysRq-f")
    } else if kill.trigger.comm != nil || kill.trigger.pid != nil {
      facts.append("memory was wanted by \(Self.task(kill.trigger.pid, kill.trigger.comm))")
    }
    if let tasks = kill.tasksDumped { facts.append("\(tasks) \(tasks == 1 ? "task" : "tasks") dumped") }
    return (time + facts.joined(separator: "; ")).shown(in: appearance)
  }

  private static func task(_ pid: Int32?, _ comm: String?) -> String {
    [pid.map { "\($0)" }, comm.map { "'\($0)'" }].compactMap(\.self).joined(separator: " ")
  }

  private var limit: String? {
    if let cgroup = kill.limitCgroup { return "limit of cgroup '\(cgroup)'" }
    return switch (kill.constraint, limitKind) {
    case (.cpuset, _): "no memory left in its cpuset"
    case (.mempolicy, _): "no memory left on the nodes of its memory policy"
    case (.memcg, _), (nil, .memcg): "a memory cgroup's limit"
    case (.global, _), (nil, .global): "the machine was out of memory"
    case (nil, nil): nil
    }
  }

  /// As the kernel's log shows it.
  private var time: String {
    guard let uptimeMicroseconds else { return "" }
    let (seconds, fraction) = uptimeMicroseconds.quotientAndRemainder(dividingBy: 1_000_000)
    let digits = "\(fraction)"
    return "[\(seconds).\(String(repeating: "0", count: 6 - digits.count))\(digits)] "
  }
}

extension KillLog.Totals {
  /// What was announced and not done, then the count of kills.
  package func lines(kills: Int, in appearance: Appearance) -> [String] {
    func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
    var summary = "\(kills == 0 ? "no kills" : count(kills, "kill")) in \(count(lines, "line"))"
    if killedLines != kills { summary += ", told by \(count(killedLines, "line"))" }
    if !announcedOnly.isEmpty { summary += ", \(announcedOnly.count) announced only" }
    return announcedOnly.map {
      "announced, but no line says that it was killed: \($0.pid) '\($0.comm)'".shown(in: appearance)
    } + [summary]
  }
}
