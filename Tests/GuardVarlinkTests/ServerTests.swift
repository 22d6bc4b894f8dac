import Foundation
import GuardStatus
import GuardTestSupport
import Testing

@testable import GuardVarlink

/// `oomguard-varlink` as built, with clients of every kind.
struct ServerTests {
  private static let info = "org.varlink.service.GetInfo"
  private static let answer = #"{"parameters":{"vendor":"oomguard","#

  private let root: TemporaryRoot

  init() throws {
    root = try TemporaryRoot()
    try root.write(Fixture.bytes("status/full.json"), to: "run/oomguard/status.json")
  }

  private func isServed(_ client: Connection) -> Bool {
    client.call(Self.info)
    return client.reply()?.hasPrefix(Self.answer) == true
  }

  // MARK: A client nobody here wrote

  private static let python = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent(".build/python/bin/python3").path

  @Test(
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: python),
      "the package 'varlink' of PyPI is not there; run: make test-deps"))
  func thePackageOfPyPIListsIntrospectsCallsAndSubscribes() throws {
    // Who would be killed next is asked of the processes there are.
    try root.link("proc", to: "/proc")
    let service = try RunningService(on: root)
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Varlink/client.py").path
    let child = try ChildProcess(
      Self.python, [script, service.path, "\(root.path)/run/oomguard/status.json"])
    let (output, status) = child.end()
    #expect(status == 0, "\(output)")
  }

  // MARK: Many at once

  @Test func sixtyFourAreServedWithASlowAndAHostileOneAmongThem() throws {
    let service = try RunningService(on: root)
    let clients = try (0..<62).map { _ in try Connection(service.path) }
    let (slow, hostile) = (try Connection(service.path), try Connection(service.path))
    slow.send(Array(#"{"method":"org.varlink"#.utf8))
    hostile.send([UInt8](repeating: 0xff, count: 1000) + [0])
    #expect(hostile.reply() == nil)
    for _ in 0..<3 {
      for client in clients { client.call(Self.info) }
      #expect(clients.allSatisfy { $0.reply()?.hasPrefix(Self.answer) == true })
    }
    // Whoever does not finish is let go.
    #expect(slow.reply() == nil)
    #expect(clients.allSatisfy(isServed))
  }

  @Test func withAllPlacesTakenOneThatIsIdleGivesWayAndOneThatListensDoesNot() throws {
    let service = try RunningService(on: root)
    let listeners = try (0..<63).map { _ in try Connection(service.path) }
    for listener in listeners { listener.call("io.oomguard.Guard.Subscribe", #","more":true"#) }
    let idle = try Connection(service.path)
    #expect(isServed(idle))
    // For a while nobody gives way.
    let refused = try Connection(service.path)
    #expect(refused.reply() == nil)
    while true {
      let next = try Connection(service.path)
      if isServed(next) { break }
      usleep(100_000)
    }
    #expect(idle.reply() == nil)
    try replaceStatus(number: 1)
    #expect(listeners.allSatisfy { $0.reply()?.contains("\"01234567-771\"") == true })
  }

  /// Has the status tell of so many kills beside the first.
  private func replaceStatus(number: Int) throws {
    var document = try JSONDecoder().decode(
      StatusDocument.self, from: Data(Fixture.bytes("status/full.json")))
    for number in 1...number {
      var kill = document.kills.last[0]
      kill.id = "01234567-77\(number)"
      document.kills.last.append(kill)
    }
    try root.write(JSONWriter.bytes(of: document), to: "run/oomguard/.new")
    #expect(unsafe rename("\(root.path)/run/oomguard/.new", "\(root.path)/run/oomguard/status.json") == 0)
  }

  // MARK: Hostile ones

  // One that listens waits for ever, so it is not waited with.
  private static let calls = ["GetStatus", "GetKills", "Subscribe"].map {
    Array(#"{"method":"io.oomguard.Guard.\#($0)","more":true,"parameters":{"since":"-1h"}}"#.utf8) + [0]
  }

  /// A client that sends whatever comes to its mind.
  private func beHostile(to service: RunningService, _ random: inout SeededRandom) throws {
    let client = try Connection(service.path)
    let waits = Bool.random(using: &random)
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      var bytes: [UInt8]
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        bytes = (0..<Int.random(in: 0...3000, using: &random)).map { _ in .random(in: 0...255, using: &random)
        }
      case 1: bytes = [UInt8](repeating: UInt8(ascii: "["), count: 70_000)
      case 2: bytes = [UInt8](repeating: 0, count: 500)
      default:
        bytes = Self.calls.prefix(waits ? 2 : 3).randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 0...3, using: &random) {
          bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
        }
      }
      client.send(bytes, waits: false)
    }
    // Some wait for what they get, some are gone before.
    if waits {
      client.closeWriting()
      _ = client.reply()
    }
  }

  @Test func theDaemonSleepsWhateverClientsDo() throws {
    let root = try TemporaryRoot()
    let daemon = try SleepingDaemon(on: root)
    let (turns, status) = (try daemon.turns(), daemon.status)
    let service = try RunningService(on: root)
    let listener = try Connection(service.path)
    listener.call("io.oomguard.Guard.Subscribe", #","more":true"#)
    var random = SeededRandom.printed()
    for _ in 0..<300 { try beHostile(to: service, &random) }
    let client = try Connection(service.path)
    client.call("io.oomguard.Guard.GetStatus")
    #expect(client.reply()?.contains(#""reconcile_seconds":3600,"#) == true)
    #expect(try daemon.turns() == turns)
    #expect(daemon.status == status)
  }

  @Test func hostileBytesNeitherStopItNorMakeItGrow() throws {
    let service = try RunningService(on: root)
    var random = SeededRandom.printed()
    for _ in 0..<300 { try beHostile(to: service, &random) }
    let early = try #require(try service.memoryKB())
    for _ in 0..<2000 { try beHostile(to: service, &random) }
    let late = try #require(try service.memoryKB())
    #expect(try isServed(Connection(service.path)))
    #expect(late < early + 1024, "\(early) KiB, then \(late) KiB")
  }

  @Test func whoDoesNotReadIsDroppedAndCostsLittle() throws {
    let service = try RunningService(on: root)
    let deaf = try Connection(service.path)
    let call = Array(#"{"method":"io.oomguard.Guard.GetStatus"}"#.utf8) + [0]
    // More calls than the answers to which fit anywhere: it is not listened to any more.
    var sent = 0
    while sent < 100_000, deaf.send(call, waits: false) { sent += 1 }
    #expect(sent < 100_000)
    let other = try Connection(service.path)
    #expect((0..<50).allSatisfy { _ in isServed(other) })
    #expect(try #require(try service.memoryKB("VmHWM")) < 65_536)
    try #require(deaf.isDropped())
    // What it was sent before that can still be read.
    #expect(deaf.reply()?.hasPrefix(#"{"parameters":{"daemon":"#) == true)
    while deaf.reply() != nil {}
    #expect(isServed(other))
  }

  @Test func aSubscriberThatDoesNotReadIsDroppedAndOthersHearAll() throws {
    let service = try RunningService(on: root)
    let (deaf, other) = (try Connection(service.path), try Connection(service.path))
    for client in [deaf, other] { client.call("io.oomguard.Guard.Subscribe", #","more":true"#) }
    #expect(try isServed(Connection(service.path)))
    // More than a socket holds.
    let (rounds, each) = (100, 6)
    for round in 1...rounds {
      try replaceStatus(number: round * each)
      for _ in 0..<each { #expect(other.reply()?.contains("\"01234567-77") == true) }
    }
    try #require(deaf.isDropped())
    var heard = 0
    while deaf.reply() != nil { heard += 1 }
    #expect(heard > 0 && heard < rounds * each)
    try replaceStatus(number: rounds * each + 1)
    #expect(other.reply()?.contains("\"01234567-77\(rounds * each + 1)\"") == true)
  }

  @Test func aRequestThatIsTooLongEndsTheConversation() throws {
    let service = try RunningService(on: root)
    let client = try Connection(service.path)
    client.send([UInt8](repeating: 0x20, count: RequestBuffer.limit + 1), waits: true)
    #expect(client.reply() == nil)
  }

  // MARK: Manners

  @Test func callsThatComeTogetherAreAnsweredInOrderAlsoAfterTheLastByte() throws {
    let service = try RunningService(on: root)
    let client = try Connection(service.path)
    let methods = (0..<100).map { "a.b\($0).C" }
    client.send(methods.flatMap { Array(#"{"method":"\#($0)"}"#.utf8) + [0] })
    client.closeWriting()
    for number in 0..<100 {
      #expect(
        client.reply()
          == #"{"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"a.b\#(number)"}}"#)
    }
    #expect(client.reply() == nil)
  }

  @Test func itEndsWhenNobodyIsThere() throws {
    let service = try RunningService(on: root, ["--idle", "1"])
    #expect(try isServed(Connection(service.path)))
    service.process.waitUntilExit()
    #expect(service.process.terminationReason == .exit && service.process.terminationStatus == 0)
  }

  @Test func whoHasGoneIsNobody() throws {
    let service = try RunningService(on: root, ["--idle", "1"])
    do {
      let (listener, unfinished) = (try Connection(service.path), try Connection(service.path))
      listener.call("io.oomguard.Guard.Subscribe", #","more":true"#)
      unfinished.send(Array("{".utf8))
      #expect(try isServed(Connection(service.path)))
    }
    service.process.waitUntilExit()
    #expect(service.process.terminationReason == .exit && service.process.terminationStatus == 0)
  }

  @Test func withoutASocketItSaysHow() throws {
    let process = Foundation.Process()
    process.executableURL = RunningService.directory.appendingPathComponent("oomguard-varlink")
    let complaint = Pipe()
    process.standardError = complaint
    try process.run()
    let text = String(decoding: complaint.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 64 && text.contains("systemctl start oomguard-varlink.socket"))
  }
}
