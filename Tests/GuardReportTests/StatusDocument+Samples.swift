import GuardReport
import GuardStatus
import GuardTestSupport

extension StatusDocument {
  static let lastWritten = Timestamp(seconds: 1_777_892_400)

  /// A daemon with nothing to complain of.
  static let calm: StatusDocument = {
    let boot = Timestamp(seconds: 1_777_888_800)
    var document = StatusDocument(
      pid: 812, startTicks: 12_345, since: boot, writtenAt: lastWritten, reconcileSeconds: 30,
      state: .running,
      dryRun: false, config: ConfigState(files: ["/etc/oomguard.conf"], loadedAt: boot),
      rules: [
        Rule(
          name: "database", kind: .protect, score: -900, scope: .all, matched: 1,
          processes: [
            Process(
              pid: 991, comm: "postgres", unit: "postgresql@15-main.service",
              cgroup: "/system.slice/postgresql@15-main.service", score: -900, base: 0, state: .held)
          ])
      ],
      pressure: Pressure(
        level: .calm, since: boot, someAvg10: Percent(hundredths: 0), fullAvg10: Percent(hundredths: 0),
        someTotalUsec: 1, fullTotalUsec: 0, availablePercent: Percent(hundredths: 9310), source: .psi),
      kills: Kills(vmstatOOMKill: 0))
    document.counters.surveys = 121
    return document
  }()

  /// A daemon in trouble, among hostile names.
  static let troubled: StatusDocument = {
    var document = calm
    document.state = .degraded
    document.dryRun = true
    document.config.error = "/etc/oomguard.conf:3:1: unknown key 'skore'; did you mean 'score'?"
    document.degraded = [
      Degradation(what: "no-pressure", why: "/proc/pressure/memory: No such file or directory")
    ]
    let unit = "postgresql@15-main.service"
    document.rules[0].matched = 70
    document.rules[0].processes = [
      Process(
        pid: 992, comm: "a\u{1b}[31m", unit: unit, cgroup: nil, score: 0, base: 0, state: .refused,
        error: "/proc/992/oom_score_adj: Permission denied"),
      Process(pid: 993, comm: "漢字", unit: nil, cgroup: nil, score: 17, base: nil, state: .drifted),
      Process(pid: 994, comm: "slow", unit: unit, cgroup: nil, score: nil, base: 0, state: .pending),
      Process(
        pid: 996, comm: "gone", unit: unit, cgroup: nil, score: nil, base: 0, state: .refused,
        error: "/proc/996/oom_score_adj: Input/output error"),
      Process(
        pid: 995, comm: "stubborn", unit: unit, cgroup: nil, score: -1000, base: 0, state: .yielded),
      Process(pid: 991, comm: "postgres", unit: unit, cgroup: nil, score: -900, base: 0, state: .held),
    ]
    document.rules.append(
      Rule(
        name: "batch", kind: .sacrifice, score: 500, scope: nil, matched: 0,
        warning: "matches no process; check the selector"))
    document.pressure = Pressure(
      level: .critical, since: Timestamp(seconds: 1_777_892_340), someAvg10: Percent(hundredths: 4321),
      fullAvg10: Percent(hundredths: 1250), availablePercent: Percent(hundredths: 404), source: .psi,
      exhaustedInSeconds: 90,
      fastest: Pressure.Fastest(pid: 4711, comm: "hög", unit: "batch.service", kbPerSecond: 51_200),
      units: [
        Pressure.Unit(unit: "batch.service", level: .warning, since: Timestamp(seconds: 1_777_892_395)),
        Pressure.Unit(unit: "calm.service", level: .calm, since: boot),
      ])
    document.kills = Kills(
      total: 8, protected: 1, lostRecords: 3, unlogged: 1,
      constraints: [
        ConstraintCount(.global, total: 1, protected: 1), ConstraintCount(.memcg, total: 5, protected: 0),
      ], vmstatOOMKill: 8,
      last: (1...6).map { kill(number: $0) } + [
        Kill(
          id: "01234567-u1", seq: nil, at: Timestamp(seconds: 1_777_892_399), victim: Kill.Victim(),
          source: .vmstat)
      ])
    document.kills.last[5].protected = true
    document.kills.last[5].constraint = .global
    return document
  }()

  private static let boot = Timestamp(seconds: 1_777_888_800)

  private static func kill(number: Int) -> Kill {
    Kill(
      id: "01234567-\(number)", seq: UInt64(number),
      at: Timestamp(seconds: 1_777_890_000 + Int64(number) * 60),
      victim: Kill.Victim(
        pid: 4000 + Int32(number), comm: "hog\(number)", uid: 1000, unit: "batch.service",
        userUnit: "mine.service", container: "0123", pod: "4567", cgroup: "/batch.slice/batch.service",
        score: 500, totalVMKB: 8_388_608,
        anonRSSKB: 65_536 * UInt64(number), fileRSSKB: 4, shmemRSSKB: 0, pgtablesKB: 180),
      trigger: Kill.Trigger(pid: 4000, comm: "worker", gfpMask: "0xcc0", order: 0), constraint: .memcg,
      limitCgroup: "/batch.slice", limit: .parent, protected: false, rule: "batch", tasksDumped: 3,
      source: .kernelLog)
  }
}

extension TemporaryRoot {
  /// Leaves what a daemon leaves: its status file and, unless it is gone, its process.
  func install(_ document: StatusDocument, processStartTicks: UInt64? = 12_345) throws {
    try write(JSONWriter.bytes(of: document), to: "run/oomguard/status.json")
    guard let processStartTicks else { return }
    try write(
      "\(document.pid) (oomguardd) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 \(processStartTicks) 0 0\n",
      to: "proc/\(document.pid)/stat")
  }
}
