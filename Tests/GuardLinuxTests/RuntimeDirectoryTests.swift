import Foundation
import GuardTestSupport
import Testing

@testable import GuardLinux

struct RuntimeDirectoryTests {
  private let temporary: TemporaryRoot
  private var root: RootDirectory { RootDirectory(temporary.path) }

  init() throws { temporary = try TemporaryRoot() }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(temporary.path)/run/oomguard").sorted()
  }

  @Test func itIsMadeWhereItIsMissingAndKeptWhereItIsNot() throws {
    let first = try RuntimeDirectory(in: root)
    try first.replace("status.json") { (file) throws(SystemCallError) in try file.write("one".utf8) }
    let second = try RuntimeDirectory(in: root)
    #expect(try second.read("status.json", limit: 10) == Array("one".utf8))
    #expect(try second.read("state", limit: 10) == nil)
    #expect(throws: SystemCallError.self) { _ = try second.read("status.json", limit: 2) }
  }

  @Test func aLockKeepsASecondDaemonOutAndNamesTheFirst() throws {
    do {
      let first = try RuntimeDirectory(in: root)
      #expect(try first.lock() == .held)
      let second = try RuntimeDirectory(in: root)
      #expect(try second.lock() == .taken(by: getpid()))
      withExtendedLifetime(first) {}
    }
    // Let go of with its directory; a longer pid of a daemon before it leaves nothing behind.
    try temporary.write("1234567890\n", to: "run/oomguard/lock")
    let third = try RuntimeDirectory(in: root)
    #expect(try third.lock() == .held)
    #expect(try temporary.text(of: "run/oomguard/lock") == "\(getpid())\n")
    let about = try root.status(of: "/run/oomguard/lock")
    #expect(about.kind == .regular && about.ownerUID == geteuid())
    #expect(try temporary.mode(of: "run/oomguard/lock") == 0o600, "whoever can open it can lock it")
  }

  @Test func aLockOfAnotherProcessHoldsUntilItEnds() throws {
    _ = try RuntimeDirectory(in: root)
    let path = "\(temporary.path)/run/oomguard/lock"
    let other = try ChildProcess("/usr/bin/flock", ["-x", path, "/bin/cat"])
    #expect(try other.echo("locked") == "locked\n")
    #expect(try RuntimeDirectory(in: root).lock() == .taken(by: nil), "it did not say who it is")
    other.end()
    #expect(try RuntimeDirectory(in: root).lock() == .held)
  }

  @Test func aFileIsReplacedAsAWholeOrNotAtAll() throws {
    let directory = try RuntimeDirectory(in: root)
    try directory.replace("state") { (file) throws(SystemCallError) in try file.write("a longer one".utf8) }
    let failure = SystemCallError(call: "write", subject: "x", code: ENOSPC)
    #expect(throws: failure) {
      try directory.replace("state") { (file) throws(SystemCallError) in
        try file.write("half".utf8)
        throw failure
      }
    }
    #expect(try temporary.text(of: "run/oomguard/state") == "a longer one")
    #expect(try names() == ["state"])
    // What a crash left behind is not in the way.
    try temporary.write("left behind, and longer than what comes", to: "run/oomguard/.state.new")
    try directory.replace("state") { (file) throws(SystemCallError) in try file.write("short".utf8) }
    #expect(try temporary.text(of: "run/oomguard/state") == "short")
    #expect(try names() == ["state"])
  }

  @Test func aReaderOfTheOldFileIsNotDisturbed() throws {
    let directory = try RuntimeDirectory(in: root)
    try directory.replace("state") { (file) throws(SystemCallError) in try file.write("old".utf8) }
    let old = try root.open("/run/oomguard/state", O_RDONLY)
    try directory.replace("state") { (file) throws(SystemCallError) in try file.write("new".utf8) }
    #expect(try old.readAll(limit: 10) == Array("old".utf8))
  }

  @Test func whatIsAddedStandsAtTheEnd() throws {
    let directory = try RuntimeDirectory(in: root)
    try directory.replace("state") { (file) throws(SystemCallError) in try file.write("a\n".utf8) }
    let file = try directory.appending(to: "state")
    try file.write("b\n")
    try file.write("c\n")
    #expect(try temporary.text(of: "run/oomguard/state") == "a\nb\nc\n")
  }

  @Test func itsFilesAreReadableByAllWhateverTheUmask() throws {
    let before = umask(0o077)
    defer { umask(before) }
    let directory = try RuntimeDirectory(in: root)
    try directory.replace("status.json") { (file) throws(SystemCallError) in try file.write("x".utf8) }
    for (name, mode) in [("", 0o755), ("/status.json", 0o644)] {
      #expect(try temporary.mode(of: "run/oomguard\(name)") == mode)
    }
  }

  @Test func whereItCannotBeMadeTheErrorSaysSo() throws {
    try temporary.write("a file", to: "run")
    #expect(throws: SystemCallError(call: "open", subject: "\(temporary.path)/run/oomguard", code: ENOTDIR)) {
      _ = try RuntimeDirectory(in: root)
    }
  }

  @Test func aLinkInItsPlaceIsNotFollowed() throws {
    try temporary.write("", to: "elsewhere/x")
    try temporary.write("", to: "run/x")
    try temporary.link("run/oomguard", to: "../elsewhere")
    #expect(throws: SystemCallError.self) { _ = try RuntimeDirectory(in: root) }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/sys"), "needs /proc/sys"))
  func aFileSystemThatTakesNoFilesKeepsNothingBack() throws {
    // Not by mode bits, which root passes over: /proc lets nobody create files.
    try temporary.write("", to: "run/x")
    let error = try #require(
      #expect(throws: SystemCallError.self) {
        _ = try RuntimeDirectory(in: RootDirectory("/proc/sys"))
      })
    #expect(error.call == "mkdir")
  }
}
