import GuardCore
import GuardTestSupport
import Testing

struct LedgerEntriesTests {
  /// Some come, some leave, some are not meant any more, and pids are used again.
  @Test func everyoneOnTheLedgerIsFoundByPid() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    var machine = LedgerMachine([try rule(-500)])
    var alive: [Int32: UInt64] = [:]
    for turn in UInt64(1)...200 {
      for pid in Int32(1)...40 {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: alive[pid] = nil
        case 1: alive[pid] = turn
        default: break
        }
      }
      let meant = alive.filter { _ in Bool.random(using: &random) }
      let observations = try alive.map { pid, start in
        try seen(pid, -500, rule: meant[pid].map { _ in 0 }, start: start)
      }
      _ = machine.ledger.plan(observations, rules: machine.rules, at: machine.now)
      let entries = machine.ledger.entries
      for pid in Int32(1)...40 {
        #expect(entries[pid]?.process.startTicks == meant[pid], "seed \(seed), turn \(turn), pid \(pid)")
      }
      #expect(entries.values.map(\.process.pid).sorted() == meant.keys.sorted(), "seed \(seed), turn \(turn)")
      #expect(entries.pids.sorted() == meant.keys.sorted(), "seed \(seed), turn \(turn)")
    }
  }
}
