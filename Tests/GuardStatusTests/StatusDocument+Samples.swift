import GuardStatus
import GuardTestSupport

extension StatusDocument {
  /// As little as a document can hold: everything that may be absent is.
  static let bare = StatusDocument(
    version: "0.1.0", pid: 1, startTicks: 0, since: Timestamp(seconds: 0), writtenAt: Timestamp(seconds: 0),
    reconcileSeconds: 30, state: .running, dryRun: false,
    config: ConfigState(files: [], loadedAt: Timestamp(seconds: 0)), pressure: Pressure(level: .unknown))

  /// Every field filled, with hostile names.
  static let full: StatusDocument = {
    let boot = Timestamp(seconds: 1_777_888_800)
    var document = StatusDocument(
      version: "0.1.0", pid: 812, startTicks: 12_345, since: boot,
      writtenAt: Timestamp(seconds: 1_777_892_400, microseconds: 123_456), reconcileSeconds: 30,
      state: .degraded, dryRun: true,
      config: ConfigState(
        files: ["/etc/oomguard.conf", "/etc/oomguard.conf.d/50-\"site\".conf"], loadedAt: boot,
        error: "/etc/oomguard.conf:3:1: unknown key 'skore'; did you mean 'score'?"),
      degraded: [Degradation(what: "no-pressure", why: "/proc/pressure/memory: No such file or directory")],
      rules: [
        Rule(
          name: "database", kind: .protect, score: -900, scope: .all, matched: 2, warning: nil,
          processes: [
            Process(
              pid: 992, comm: #"a\x01"b"#, unit: "postgresql@15-main.service",
              cgroup: "/system.slice/postgresql@15-main.service", score: 0, base: 0, state: .refused,
              error: "write 'oom_score_adj': Permission denied"),
            Process(
              pid: 991, comm: "postgres", unit: "postgresql@15-main.service",
              cgroup: "/system.slice/postgresql@15-main.service", score: -900, base: 0, state: .held),
          ]),
        Rule(
          name: "batch", kind: .sacrifice, score: 500, scope: nil, matched: 0,
          warning: "matches no process"),
      ],
      pressure: Pressure(
        level: .warning, since: boot, someAvg10: Percent(hundredths: 1234), fullAvg10: Percent(hundredths: 0),
        someTotalUsec: .max, fullTotalUsec: 0, availablePercent: Percent(hundredths: 9310), source: .psi,
        exhaustedInSeconds: 90,
        fastest: Pressure.Fastest(pid: 4711, comm: "hög", unit: "batch.service", kbPerSecond: -5),
        units: [Pressure.Unit(unit: "batch.service", level: .critical, since: boot)]),
      kills: Kills(
        total: 2, protected: 1, lostRecords: 3, unlogged: 1,
        constraints: [ConstraintCount(.memcg, total: 1, protected: 1)], vmstatOOMKill: 2,
        last: [
          Kill(
            id: "01234567-1700", seq: 1700, at: boot,
            victim: Kill.Victim(
              pid: 4242, comm: "hog\u{2028}", uid: 1000, unit: "batch.service",
              userUnit: "mine.service", container: "0123", pod: "4567-89",
              cgroup: "/batch.slice/batch.service",
              score: 500, totalVMKB: 8_388_608, anonRSSKB: 65_536, fileRSSKB: 4, shmemRSSKB: 0,
              pgtablesKB: 180),
            trigger: Kill.Trigger(pid: 4243, comm: "worker", gfpMask: "0xcc0", order: 0), constraint: .memcg,
            limitCgroup: "/batch.slice", limit: .parent, protected: true, rule: "batch", tasksDumped: 3,
            source: .kernelLog),
          Kill(id: "01234567-u1", seq: nil, at: boot, victim: Kill.Victim(), source: .memoryEvents),
        ]))
    document.counters.writes = 14
    document.counters.wakeups = .max
    return document
  }()

  /// Any document that can be: every optional present or not, any text, any number.
  static func random(using random: inout SeededRandom) -> StatusDocument {
    var dice = Dice(random: random)
    defer { random = dice.random }
    var document = StatusDocument(
      version: dice.text(), pid: dice.number(), startTicks: dice.number(), since: dice.time(),
      writtenAt: dice.time(), reconcileSeconds: dice.number(),
      state: dice.one(of: [.running, .degraded, .stopping]), dryRun: dice.coin(),
      config: ConfigState(
        files: dice.list { $0.text() }, loadedAt: dice.time(), error: dice.maybe { $0.text() }),
      degraded: dice.list { Degradation(what: $0.text(), why: $0.text()) },
      rules: dice.list { $0.rule() }, pressure: dice.pressure(),
      kills: Kills(
        total: dice.number(), protected: dice.number(), lostRecords: dice.number(), unlogged: dice.number(),
        constraints: dice.list {
          ConstraintCount($0.one(of: [.global, .cpuset]), total: $0.number(), protected: $0.number())
        },
        vmstatOOMKill: dice.maybe { $0.number() }, last: dice.list { $0.kill() }))
    document.counters.surveys = dice.number()
    document.counters.unsent = dice.number()
    return document
  }
}

private struct Dice {
  var random: SeededRandom

  mutating func coin() -> Bool { Bool.random(using: &random) }
  mutating func maybe<T>(_ value: (inout Dice) -> T) -> T? { coin() ? value(&self) : nil }
  mutating func list<T>(_ element: (inout Dice) -> T) -> [T] {
    (0..<Int.random(in: 0...3, using: &random)).map { _ in element(&self) }
  }
  mutating func one<T>(of values: [T]) -> T { values[Int.random(in: values.indices, using: &random)] }
  mutating func number<T: FixedWidthInteger & UnsignedInteger>() -> T {
    T.random(in: T.min...T.max, using: &random)
  }
  mutating func number<T: FixedWidthInteger & SignedInteger>() -> T {
    T.random(in: T.min...T.max, using: &random)
  }
  mutating func time() -> Timestamp { Timestamp(microsecondsSinceEpoch: number()) }
  mutating func percent() -> Percent {
    Percent(hundredths: Int.random(in: -20_000...1_000_000, using: &random))
  }

  mutating func text() -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0...12, using: &random) {
      let limit: UInt32 = one(of: [0x20, 0x7f, 0x2100, 0x10ffff])
      if let scalar = Unicode.Scalar(UInt32.random(in: 0...limit, using: &random)) {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  mutating func rule() -> StatusDocument.Rule {
    StatusDocument.Rule(
      name: text(), kind: one(of: [.protect, .sacrifice]), score: number(),
      scope: maybe { $0.one(of: [.main, .all]) }, matched: number(), warning: maybe { $0.text() },
      processes: list {
        StatusDocument.Process(
          pid: $0.number(), comm: $0.text(), unit: $0.maybe { $0.text() }, cgroup: $0.maybe { $0.text() },
          score: $0.maybe { $0.number() }, base: $0.maybe { $0.number() },
          state: $0.one(of: StatusDocument.Process.State.allCases), error: $0.maybe { $0.text() })
      })
  }

  mutating func pressure() -> StatusDocument.Pressure {
    StatusDocument.Pressure(
      level: one(of: StatusDocument.Pressure.Level.allCases), since: maybe { $0.time() },
      someAvg10: maybe { $0.percent() }, fullAvg10: maybe { $0.percent() },
      someTotalUsec: maybe { $0.number() },
      fullTotalUsec: maybe { $0.number() }, availablePercent: maybe { $0.percent() },
      source: maybe { $0.one(of: [.psi, .sampled]) }, exhaustedInSeconds: maybe { $0.number() },
      fastest: maybe {
        .init(pid: $0.number(), comm: $0.text(), unit: $0.maybe { $0.text() }, kbPerSecond: $0.number())
      },
      units: list {
        .init(unit: $0.text(), level: $0.one(of: StatusDocument.Pressure.Level.allCases), since: $0.time())
      })
  }

  mutating func kill() -> StatusDocument.Kill {
    StatusDocument.Kill(
      id: text(), seq: maybe { $0.number() }, at: time(),
      victim: .init(
        pid: maybe { $0.number() }, comm: maybe { $0.text() }, uid: maybe { $0.number() },
        unit: maybe { $0.text() }, userUnit: maybe { $0.text() }, container: maybe { $0.text() },
        pod: maybe { $0.text() }, cgroup: maybe { $0.text() }, score: maybe { $0.number() },
        totalVMKB: maybe { $0.number() },
        anonRSSKB: maybe { $0.number() }, fileRSSKB: maybe { $0.number() }, shmemRSSKB: maybe { $0.number() },
        pgtablesKB: maybe { $0.number() }),
      trigger: .init(
        pid: maybe { $0.number() }, comm: maybe { $0.text() }, gfpMask: maybe { $0.text() },
        order: maybe { $0.number() }),
      constraint: maybe { $0.one(of: [.global, .memcg, .cpuset, .mempolicy]) },
      limitCgroup: maybe { $0.text() }, limit: maybe { $0.one(of: [.own, .parent, .machine]) },
      protected: maybe { $0.coin() }, rule: maybe { $0.text() }, tasksDumped: maybe { $0.number() },
      source: one(of: [.kernelLog, .memoryEvents, .vmstat]))
  }
}
