import Foundation
import GuardStatus
import GuardTestSupport
import Testing

extension LiveTests {
  /// Many kills, and a log that loses them: each is told once, by its line or by the counters.
  @Suite(.enabled(if: MemoryCgroup.whyNone == nil, Comment(rawValue: MemoryCgroup.whyNone ?? "")))
  struct Storms {
    private let stage: Stage
    private let cgroup: MemoryCgroup
    private let turn: KernelKills
    /// `OOMGUARD_TEST_KILLS`, for more than what fits every run of the tests.
    private static let kills =
      ProcessInfo.processInfo.environment["OOMGUARD_TEST_KILLS"].flatMap { Int($0) } ?? 100

    init() throws {
      (turn, stage, cgroup) = (try KernelKills(.many), try Stage(), try MemoryCgroup(limitMiB: 12))
    }

    private let config = """
      [guard]
      reconcile_interval = "1h"
      [[sacrifice]]
      name = "nobody"
      comm = "oomguard-nobody"
      score = 5

      """

    /// What a daemon told of the kills in this test's cgroup.
    private struct Told: Equatable {
      /// By a line of the kernel's log, in the order of telling.
      var pids: [Int32] = []
      var unlogged = 0

      var total: Int { pids.count + unlogged }
    }

    /// - Parameter killed: pids that count even where the line does not name the cgroup: of kills from before a daemon's
    ///   start nothing may be left to tell it.
    private func told(_ daemon: LiveDaemon, of killed: [Int32] = []) -> Told {
      var told = Told()
      let tail = "<4>the kernel killed tail ("
      let named = "): the limit of \(cgroup.name) was hit"
      for line in daemon.logLines where line.hasPrefix("<4>the kernel killed ") {
        if line.hasSuffix(" the count of \(cgroup.name)") { told.unlogged += 1 }
        guard line.hasPrefix(tail), let pid = Int32(line.dropFirst(tail.count).prefix { $0 != ")" })
        else { continue }
        if line.contains(named) || killed.contains(pid) { told.pids.append(pid) }
      }
      return told
    }

    @Test func eachOfManyKillsIsToldOnce() throws {
      let daemon = try LiveDaemon.running(on: stage, config)
      let killed = try KillStorm(of: Self.kills, in: cgroup, on: stage).finish()
      #expect(killed.count == Self.kills)
      try eventually("all are told") { told(daemon).total >= Self.kills }
      // Beyond the time that a kill without a line is waited for.
      usleep(2_500_000)
      #expect(told(daemon) == Told(pids: killed))
      // The kernel left most reports out; pid, name and limit of each are right all the same.
      let kills = try #require(daemon.status).kills
      let ours = kills.last.filter { $0.victim.cgroup == cgroup.name }
      #expect(ours.count == min(Self.kills, StatusDocument.maximumKills))
      for kill in ours {
        #expect(kill.victim.comm == "tail" && kill.victim.score == 1000 && kill.victim.uid == 0)
        #expect(kill.limitCgroup == cgroup.name && kill.constraint == .memcg && kill.limit == .own)
        #expect(kill.protected == false && kill.source == .kernelLog)
      }
      #expect(Set(ours.map(\.id)).count == ours.count)
      let moments = ours.compactMap(\.at?.microsecondsSinceEpoch)
      #expect(moments.count == ours.count && moments == moments.sorted())
    }

    @Test func besideAFloodOfTheLogWhatIsLostIsCounted() throws {
      let daemon = try LiveDaemon.running(on: stage, config)
      let flood = try LogFlood()
      let killed = try KillStorm(of: Self.kills, in: cgroup, on: stage).finish()
      flood.end()
      try eventually("all are accounted for") { told(daemon).total >= Self.kills }
      usleep(2_500_000)
      let result = told(daemon)
      print("beside a flood: \(result.pids.count) told by their line, \(result.unlogged) by the counters")
      #expect(result.total == Self.kills && killed.count == Self.kills)
      #expect(Set(result.pids).count == result.pids.count && Set(result.pids).isSubset(of: killed))
      // What was lost is said, and nothing is counted that was not lost.
      let lost = daemon.logLines.contains { $0.contains("records of the kernel's log were overwritten") }
      #expect(lost || result.unlogged == 0)
    }

    @Test func whileTheDaemonStandsStillTheCountersSeeEveryKill() throws {
      let daemon = try LiveDaemon.running(on: stage, config)
      let before = try #require(daemon.status).kills
      daemon.signal(SIGSTOP)
      let killed = try KillStorm(of: Self.kills, in: cgroup, on: stage).finish()
      try LogFlood(lines: 10_000).finish()
      daemon.signal(SIGCONT)
      try eventually("all are accounted for") { told(daemon).total >= Self.kills }
      usleep(2_500_000)
      let result = told(daemon)
      print("standing still: \(result.pids.count) told by their line, \(result.unlogged) by the counters")
      #expect(result.total == Self.kills && killed.count == Self.kills)
      #expect(Set(result.pids).count == result.pids.count && Set(result.pids).isSubset(of: killed))
      let kills = try #require(daemon.status).kills
      // Ten thousand lines are more than most machines' log holds.
      #expect(kills.lostRecords > before.lostRecords || result.unlogged == 0)
      let unlogged = kills.last.filter { $0.source == .memoryEvents && $0.victim.cgroup == cgroup.name }
      #expect(unlogged.count == min(result.unlogged, StatusDocument.maximumKills))
      #expect(unlogged.allSatisfy { $0.seq == nil && $0.victim.pid == nil && $0.protected == nil })
      let ids = Set(unlogged.compactMap(\.id))
      #expect(ids.count == unlogged.count)
      let prefix = try "\(Machine.bootID.prefix(8))-u"
      #expect(ids.allSatisfy { $0.hasPrefix(prefix) })
    }

    @Test func whileNobodyWasThereTheKernelsCountIsRemembered() throws {
      let first = try LiveDaemon.running(on: stage, config)
      let before = try #require(first.status).kills
      try first.end(SIGKILL)
      let killed = try KillStorm(of: 5, in: cgroup, on: stage).finish()
      try LogFlood(lines: 10_000).finish()
      let second = try LiveDaemon.running(on: stage, config)
      func isAccountedFor(_ kills: StatusDocument.Kills) -> Bool { kills.total >= before.total + 5 }
      try eventually("all are accounted for") { second.status.map { isAccountedFor($0.kills) } ?? false }
      let kills = try #require(second.status).kills
      let byLine = kills.last.filter { killed.contains($0.victim.pid ?? 0) }.count
      // Others on this machine may have made kills of their own meanwhile.
      #expect(kills.unlogged >= before.unlogged + UInt64(5 - byLine))
      let third = try restarted(second)
      #expect(third.kills.unlogged == kills.unlogged && third.kills.total >= kills.total)
    }

    /// Ends a daemon as a stop does, and gives the status of its successor, once that has looked for lost kills.
    private func restarted(_ daemon: LiveDaemon) throws -> StatusDocument {
      try daemon.end(SIGTERM)
      let next = try LiveDaemon.running(on: stage, config)
      usleep(2_500_000)
      return try #require(next.status)
    }

    @Test func daemonsThatAreKilledInAStormTellEachKillOnce() throws {
      let storm = try KillStorm(of: Self.kills, in: cgroup, on: stage)
      var daemons = [try LiveDaemon.running(on: stage, config)]
      for round in 1...3 {
        try eventually("the storm goes on") { try storm.killed.count >= round * Self.kills / 4 }
        try daemons[daemons.count - 1].end(SIGKILL)
        daemons.append(try LiveDaemon.running(on: stage, config))
      }
      let killed = try storm.finish()
      func all() -> [Told] { daemons.map { told($0, of: killed) } }
      try eventually("all are told") { Set(all().flatMap(\.pids)).count >= Self.kills }
      usleep(2_500_000)
      #expect(Set(all().flatMap(\.pids)) == Set(killed))
      #expect(all().map(\.unlogged) == [0, 0, 0, 0])
      // The one that was being told at the very end may be told again, first, by the next daemon.
      for (one, next) in zip(all(), all().dropFirst()) {
        let twice = Set(one.pids).intersection(next.pids)
        #expect(twice.isEmpty || (one.pids.last == next.pids.first && twice.count == 1))
      }
    }
  }
}
