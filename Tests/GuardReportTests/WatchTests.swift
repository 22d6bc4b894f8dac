import Foundation
import GuardCore
import GuardReport
import GuardStatus
import GuardTestSupport
import Testing

/// `oomguardctl watch --json` as built, in a pipe.
struct WatchTests {
  private let root: TemporaryRoot

  init() throws { root = try TemporaryRoot() }

  /// Runs until the test lets go of it.
  private final class Watcher {
    let process = Foundation.Process()
    private let output = Pipe()
    private let complaint = Pipe()
    private var rest = Data()

    init(_ root: TemporaryRoot, _ flags: [String] = ["--json"]) throws {
      process.executableURL = BuiltClient.program
      process.arguments = ["watch", "--root", root.path] + flags
      (process.standardOutput, process.standardError) = (output, complaint)
      process.standardInput = FileHandle.nullDevice
      try process.run()
    }

    deinit {
      // Not SIGTERM: threads of the test block it, and what they start inherits that.
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
    }

    /// The next line, waited for.
    func line() -> String {
      while true {
        if let end = rest.firstIndex(of: 0x0a) {
          defer { rest = Data(rest[(end + 1)...]) }
          return String(decoding: rest[..<end], as: UTF8.self)
        }
        let piece = output.fileHandleForReading.availableData
        if piece.isEmpty { return "(it ended)" }
        rest += piece
      }
    }

    /// What it complains of until it says that it goes by the status: by then it watches.
    func complaints() -> [String] {
      var text = ""
      while !text.hasSuffix("in the daemon's status\n") {
        let piece = complaint.fileHandleForReading.availableData
        if piece.isEmpty { break }
        text += String(decoding: piece, as: UTF8.self)
      }
      return text.split(separator: "\n").map { String($0) }
    }

    /// Waits until it sleeps in poll(2): by then it watches.
    func waitUntilItSleeps() throws {
      while try String(contentsOfFile: "/proc/\(process.processIdentifier)/syscall", encoding: .utf8)
        .split(separator: " ").first != "\(Self.poll)"
      { usleep(1000) }
    }

    #if arch(x86_64)
      private static let poll = 7
    #else
      // There is only ppoll(2).
      private static let poll = 73
    #endif

    func closeOutput() throws { try output.fileHandleForReading.close() }
  }

  private func fields(_ line: String) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }

  @Test(.enabled(if: TestJournal.isAvailable, "\(TestJournal.whyNot)"))
  func whatTheJournalGetsIsALineAtOnceAndOnce() throws {
    let journal = try TestJournal(in: root)
    func entry(_ number: Int, _ kind: EventKind = .kill, uid: Int = 0) -> TestJournal.Entry {
      TestJournal.entry(
        at: UInt64(1_777_888_800_000_000 + number), messageID: kind.messageID.description,
        ["OOMGUARD_KERNEL_SEQ": "\(number)", "OOMGUARD_LEVEL": "warning"], trusted: ["_UID": "\(uid)"])
    }
    try journal.append([entry(1)])
    let watcher = try Watcher(root)
    try watcher.waitUntilItSleeps()
    try journal.append([entry(2, uid: 1000), entry(3), entry(3), entry(4, .pressure)])
    #expect(try fields(watcher.line())["kernel_seq"] as? Int == 3)
    #expect(try fields(watcher.line())["level"] as? String == "warning")
    try journal.append([entry(3), entry(5)])
    #expect(try fields(watcher.line())["kernel_seq"] as? Int == 5)
  }

  @Test func withoutAJournalTheStatusFileTells() throws {
    var document = StatusDocument.calm
    try root.install(document)
    let watcher = try Watcher(root)
    let complaints = watcher.complaints()
    #expect(complaints.count == 2)
    #expect(
      complaints.first?.hasPrefix("oomguardctl: oomguardd (pid 812) is stuck: nothing from it for ")
        == true)
    #expect(
      complaints.last
        == "oomguardctl: this machine keeps no journal, so this is what changes in the daemon's status"
    )
    try watcher.waitUntilItSleeps()
    let kills = StatusDocument.troubled.kills.last
    document.kills.last = [kills[0]]
    try replaceStatus(document)
    #expect(try fields(watcher.line())["id"] as? String == "01234567-1")
    document.kills.last = [kills[0], kills[1]]
    document.pressure.level = .critical
    document.degraded = StatusDocument.troubled.degraded
    try replaceStatus(document)
    #expect(try fields(watcher.line())["id"] as? String == "01234567-2")
    let level = try fields(watcher.line())
    #expect(level["event"] as? String == "pressure" && level["level"] as? String == "critical")
    let degraded = try fields(watcher.line())
    #expect(degraded["event"] as? String == "degraded" && degraded["what"] as? String == "no-pressure")
    document.degraded = []
    try replaceStatus(document)
    #expect(try fields(watcher.line())["message"] as? String == "no longer degraded: no-pressure")
  }

  @Test func aDaemonThatComesLaterIsHeard() throws {
    try root.write("", to: "run/x")
    let watcher = try Watcher(root, [])
    #expect(
      watcher.complaints().first
        == "oomguardctl: oomguardd is not installed; install the package 'oomguard'")
    try watcher.waitUntilItSleeps()
    var document = StatusDocument.calm
    document.kills.last = [StatusDocument.troubled.kills.last[0]]
    try FileManager.default.createDirectory(
      atPath: "\(root.path)/run/oomguard", withIntermediateDirectories: true)
    try replaceStatus(document)
    #expect(
      watcher.line()
        == "2026-05-04 10:21:00 UTC  kill      \(StatusDocument.troubled.kills.last[0].sentence)")
  }

  @Test func itEndsWhenNobodyReads() throws {
    try root.install(.calm)
    let watcher = try Watcher(root)
    _ = watcher.complaints()
    try watcher.waitUntilItSleeps()
    try watcher.closeOutput()
    watcher.process.waitUntilExit()
    #expect(watcher.process.terminationReason == .exit && watcher.process.terminationStatus == 0)
  }

  /// As the daemon does: readers see the old file or the new one.
  private func replaceStatus(_ document: StatusDocument) throws {
    try root.write(JSONWriter.bytes(of: document), to: "run/oomguard/.new")
    #expect(unsafe rename("\(root.path)/run/oomguard/.new", "\(root.path)/run/oomguard/status.json") == 0)
  }
}
