import Foundation
import GuardCore
import GuardTestSupport
import Testing

struct LogTextReaderTests {
  private static let folder = Fixture.path("kernel-logs")
  private static let logs = ["6.1", "6.18"].flatMap(logs)

  private static func logs(in part: String) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(part)")
    return (names ?? []).map { "\(part)/\($0)" }.sorted()
  }

  /// One kill with all its fields, as `kernel-logs/kills.txt` writes them.
  private static func golden(_ kill: OOMKill) -> String {
    func text(_ bytes: [UInt8]?) -> String { bytes.map { String(decoding: $0, as: UTF8.self) } ?? "-" }
    func number(_ value: (some BinaryInteger)?) -> String { value.map { "\($0)" } ?? "-" }
    let victim = kill.victim
    let sizes = [victim.totalVMKB, victim.anonRSSKB, victim.fileRSSKB, victim.shmemRSSKB, victim.pgtablesKB]
    var line =
      "  \(number(kill.sequence)) \(number(kill.microseconds)) \(kill.limitKind.map { "\($0)" } ?? "-")"
    line +=
      " pid=\(victim.pid) comm=\(text(victim.comm)) uid=\(number(victim.uid)) score=\(number(victim.score))"
    line += " kB=" + sizes.map(number).joined(separator: ",")
    if kill.groupCgroup != nil || kill.trigger == nil { line += " group=\(text(kill.groupCgroup))" }
    if victim.cgroup != nil || kill.trigger != nil { line += " cgroup=\(text(victim.cgroup))" }
    if kill.constraint != nil || kill.constraintName != nil || kill.limitCgroup != nil {
      line +=
        "\n    constraint=\(kill.constraint?.rawValue ?? "-") \(text(kill.constraintName)) limit=\(text(kill.limitCgroup))"
    }
    if kill.trigger != nil || kill.tasksDumped != nil {
      let trigger = kill.trigger
      line +=
        "\n    trigger=\(number(trigger?.pid)) \(text(trigger?.comm)) mask=\(text(trigger?.gfpMask))(\(text(trigger?.gfpNames)))"
      line +=
        " order=\(number(trigger?.order)) score=\(number(trigger?.score)) tasks=\(number(kill.tasksDumped))"
    }
    return line
  }

  private static func told(_ logs: [String]) throws -> String {
    try logs.map { log in
      let reader = LogTextReader(try Fixture.bytes("kernel-logs/\(log)"))
      let announced = reader.announcedOnly.map { "  announced only: \($0.pid) \($0.comm.printable)" }
      return ([log] + reader.kills.map(Self.golden) + announced).joined(separator: "\n") + "\n"
    }.joined()
  }

  @Test func everyCaptureTellsItsKills() throws {
    let told = try Self.told(Self.logs.filter { $0.hasSuffix(".kmsg-raw.log") })
    #expect(try told == String(decoding: Fixture.bytes("kernel-logs/kills.txt"), as: UTF8.self))
  }

  /// A report in the words of each generation of kernels since Linux 2.6.16, behind one prefix or another.
  @Test func everyGenerationTellsItsKills() throws {
    let told = try Self.told(Self.logs(in: "written"))
    #expect(try told == String(decoding: Fixture.bytes("kernel-logs/written.txt"), as: UTF8.self))
  }

  @Test(arguments: [
    "memcg-oomgroup-raw", "memcg-comm-spoof", "memcg-comm-utf8-unit-escaped", "kmsg-spoof-from-userland",
  ])
  func theJournalTellsTheSameAsTheRecords(name: String) throws {
    var raw = LogTextReader(try Fixture.bytes("kernel-logs/6.1/\(name).kmsg-raw.log")).kills
    let journal = LogTextReader(try Fixture.bytes("kernel-logs/6.1/\(name).journal.log")).kills
    for index in raw.indices { raw[index].sequence = nil }
    #expect(raw == journal)
  }

  @Test(arguments: ["global-panic_on_oom", "global-nothing-killable-panic"])
  func aPanicIsNoKill(name: String) throws {
    let log = LogTextReader(try Fixture.bytes("kernel-logs/6.1/\(name).serial-console.log"))
    #expect(log.kills.isEmpty)
    #expect(log.killedLines == 0)
  }

  @Test func countsAreOfTheWholeText() throws {
    let group = LogTextReader(try Fixture.bytes("kernel-logs/6.1/memcg-oomgroup-raw.kmsg-raw.log"))
    #expect((group.lines, group.killedLines, group.kills.count, group.tasksDumped) == (44, 5, 4, 4))
    #expect(group.announcedOnly == [])
    let none = LogTextReader(Array("a\nb".utf8))
    #expect((none.lines, none.killedLines, none.tasksDumped) == (2, 0, nil))
    #expect(LogTextReader([UInt8]()).lines == 0)
    let announced = LogTextReader(
      Array("Out of memory: Kill process 31490 (corerun) score 897 or sacrifice child\n".utf8))
    #expect(announced.announcedOnly.map(\.pid) == [31490])
    #expect(announced.announcedOnly.map(\.comm) == [Array("corerun".utf8)])
    #expect(announced.kills.isEmpty)
  }

  @Test func aNameWithANewlineIsOneKillOnTwoLines() {
    let sizes = "total-vm:3kB, anon-rss:2kB, file-rss:1kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0"
    for prefix in ["", "[    1.000000] ", "May  4 10:00:00 host kernel: "] {
      let log = LogTextReader(
        Array("\(prefix)Out of memory: Killed process 7 (a\n\(prefix)b) \(sizes)\n".utf8))
      #expect(log.kills.map(\.victim.comm) == [Array("a\nb".utf8)])
      #expect(log.kills.map(\.victim.pgtablesKB) == [4])
    }
    let cut = LogTextReader(
      Array("Out of memory: Killed process 7 (a\nOut of memory: Killed process 8 (b) \(sizes)\n".utf8))
    #expect(cut.kills.map(\.victim.pid) == [7, 8])
    #expect(LogTextReader(Array("Out of memory: Killed process 7 (a".utf8)).kills.map(\.victim.comm) == [nil])
  }

  @Test func aLineWithoutEndIsBounded() {
    var reader = LogTextReader()
    for _ in 0..<100 { reader.read(Array(repeating: UInt8(ascii: "x"), count: 10_000)[...]) }
    reader.read(Array("\nKilled process 7 (x)\n".utf8)[...])
    reader.finish()
    #expect(reader.lines == 2)
    #expect(reader.kills.map(\.victim.pid) == [7])
  }

  // MARK: Chance

  @Test func anyCutIntoPiecesTellsTheSame() throws {
    var random = SeededRandom.printed()
    for log in Self.logs {
      let text = try Fixture.bytes("kernel-logs/\(log)")
      let whole = LogTextReader(text, keepsText: true)
      var pieces = LogTextReader(keepsText: true)
      var rest = text[...]
      while !rest.isEmpty {
        let count = min(rest.count, Int.random(in: 1...700, using: &random))
        pieces.read(rest.prefix(count))
        rest = rest.dropFirst(count)
      }
      pieces.finish()
      #expect(pieces.kills == whole.kills)
      #expect(pieces.lines == whole.lines)
    }
  }

  @Test func linesOfTwoLogsMixedAreJoinedRightlyOrNotAtAll() throws {
    var random = SeededRandom.printed()
    let logs = try Self.logs.filter { $0.hasSuffix(".kmsg-raw.log") }.map { log in
      try Fixture.bytes("kernel-logs/\(log)").split(separator: 10).map { try KmsgRecord($0) }
    }
    for _ in 0..<100 {
      let sources = try (0..<2).map { _ in try #require(logs.randomElement(using: &random)) }
      // Times would tell of another boot: without them only the order of lines is left.
      var rest = sources.map { $0.filter(\.isFromKernel).map { KernelLine(text: $0.text) }[...] }
      var reader = OOMReportReader(keepsText: false)
      var told: [OOMKill] = []
      while !rest.allSatisfy(\.isEmpty) {
        let side = Int.random(in: 0...1, using: &random)
        for line in rest[side].popFirst(Int.random(in: 1...6, using: &random)) {
          if let kill = reader.read(line) { told.append(kill) }
        }
      }
      var own: [OOMKill] = []
      for source in sources {
        var reader = OOMReportReader(keepsText: false)
        own += source.compactMap { reader.read($0) }
      }
      #expect(Set(told.map(\.victim.pid)) == Set(own.map(\.victim.pid)))
      for kill in told {
        let twins = own.filter {
          $0.victim.pid == kill.victim.pid && $0.victim.totalVMKB == kill.victim.totalVMKB
        }
        #expect(twins.contains { $0.victim.comm == kill.victim.comm })
        #expect(kill.victim.cgroup == nil || twins.contains { $0.victim.cgroup == kill.victim.cgroup })
        #expect(kill.limitCgroup == nil || twins.contains { $0.limitCgroup == kill.limitCgroup })
        #expect(kill.trigger?.pid == nil || twins.contains { $0.trigger?.pid == kill.trigger?.pid })
      }
    }
  }

  @Test func noiseNeitherCrashesNorInventsAKill() throws {
    var random = SeededRandom.printed()
    let logs = try Self.logs.map { try Fixture.bytes("kernel-logs/\($0)") }
    let words = [
      "Killed proces", "illed process 12 (x)", " invoked oom-killer: gfp_mask=0x",
      "oom-kill:constraint=CONSTRAINT_NONE,", "[  12] 0 0 0 0 0 0 0 x",
      "Out of memory: ", "Tasks in ", "\\x0a", "<3>", "6,1,2,-;", "(", ")", "[", "]", ",pid=",
      "99999999999999999999", "\u{0}", "kernel: ",
    ].map { Array($0.utf8) }
    for round in 0..<400 {
      var text = logs.randomElement(using: &random) ?? []
      text = Array(text.prefix(Int.random(in: 1...8_000, using: &random)))
      for _ in 0..<Int.random(in: 0...60, using: &random) where !text.isEmpty {
        let at = Int.random(in: 0..<text.count, using: &random)
        switch Int.random(in: 0...4, using: &random) {
        case 0: text[at] = UInt8.random(in: 0...255, using: &random)
        case 1: text.removeSubrange(at..<min(text.count, at + Int.random(in: 1...80, using: &random)))
        case 2: text.insert(contentsOf: words.randomElement(using: &random) ?? [], at: at)
        case 3: text.insert(10, at: at)
        default: text.append(contentsOf: text[at...].prefix(200))
        }
      }
      if round.isMultiple(of: 2) {
        // Without these words there is no kill, however much else of a report is there.
        text = Array(
          String(decoding: text, as: UTF8.self).replacingOccurrences(
            of: "Killed process ", with: "Spared process "
          ).utf8)
        #expect(LogTextReader(text).kills.isEmpty)
      }
      let log = LogTextReader(text, keepsText: true)
      #expect(log.kills.count <= log.killedLines)
      for kill in log.kills {
        #expect(kill.victim.pid > 0)
        #expect(kill.reportText.count <= 65_536)
        _ = OOMTaskTable(report: kill.reportText)
      }
    }
  }
}

extension ArraySlice {
  fileprivate mutating func popFirst(_ count: Int) -> ArraySlice {
    let first = prefix(count)
    self = dropFirst(count)
    return first
  }
}
