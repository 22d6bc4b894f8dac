import Foundation
import GuardCore
import GuardTestSupport
import Testing

@testable import GuardLinux

/// On processes that the tests start, and on directories shaped like /proc.
struct ProcDirectoryTests {
  private let machine = RootDirectory()

  private func score(_ value: Int) throws -> OOMScoreAdj { try #require(OOMScoreAdj(value)) }

  @Test func aLivingProcessIsFoundAndDescribed() throws {
    let child = try ChildProcess()
    _ = try child.echo("x")
    let proc = try ProcDirectory(in: machine)
    let pids = try proc.pids()
    #expect(pids.contains(child.pid) && pids.contains(getpid()))
    let stat = try proc.process(child.pid).stat()
    #expect(stat.pid == child.pid && stat.parentPID == getpid())
    #expect(stat.comm == Array("cat".utf8) && !stat.isDead && !stat.isKernelThread)
    #expect(try proc.process(getpid()).stat().startTicks == OwnProcess.startTicks)
  }

  @Test func aGlanceSeesWhatALookSees() throws {
    let child = try ChildProcess()
    _ = try child.echo("x")
    let proc = try ProcDirectory(in: machine)
    let directory = try proc.process(child.pid)
    #expect(proc.comm(of: child.pid) == Array("cat".utf8))
    #expect(proc.parent(of: child.pid) == getpid())
    for version in [CgroupVersion.v2, .v1Systemd] {
      let cgroup = directory.cgroup(version)
      #expect(proc.cgroup(of: child.pid, version) == cgroup)
      let isIn = [cgroup, CgroupPath("/another".utf8)].map { cgroup in
        cgroup.map { proc.isProcess(child.pid, in: $0, version) }
      }
      #expect(isIn == [cgroup.map { _ in true }, false])
    }
    child.end()
    #expect(proc.comm(of: child.pid) == nil)
    #expect(proc.parent(of: child.pid) == nil)
    #expect(proc.cgroup(of: child.pid, .v2) == nil)
  }

  @Test(arguments: [0, 1, 4095, 4096, 4097, 70_000])
  func aFileOfAProcessIsWholeWhateverItsLength(length: Int) throws {
    let root = try TemporaryRoot()
    let text = [UInt8](repeating: UInt8(ascii: "x"), count: length)
    try root.write(text, to: "proc/100/cmdline")
    #expect(try ProcDirectory(in: RootDirectory(root.path)).process(100).read("cmdline") == text)
  }

  @Test func aScoreIsWrittenAndReadBack() throws {
    let child = try ChildProcess()
    let directory = try ProcDirectory(in: machine).process(child.pid)
    let identity = try directory.stat().identity
    let before = try directory.score()
    // Only upwards, which needs no capability.
    for value in [before.value.advanced(by: 1), 500, 999, 1000] where value > before.value && value <= 1000 {
      try directory.write(try score(Int(value)), to: identity)
      #expect(try directory.score() == score(Int(value)))
      let text = try String(contentsOfFile: "/proc/\(child.pid)/oom_score_adj", encoding: .utf8)
      #expect(text == "\(value)\n")
    }
    // And down again to what it was: raising must not have moved the floor.
    try directory.write(before, to: identity)
    #expect(try directory.score() == before)
  }

  @Test func aRefusedWriteIsAFaultAndNotAProcessThatLeft() throws {
    // Below the floor without the capability; with it there is nothing to refuse.
    guard try !Capabilities.hasSysResource() else { return }
    let child = try ChildProcess()
    let directory = try ProcDirectory(in: machine).process(child.pid)
    let before = try directory.score()
    try #require(before > .immune)
    let error = try #require(
      #expect(throws: ProcessError.self) { try directory.write(.immune, to: directory.stat().identity) })
    guard case .system(let reason) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(reason.isNotPermitted && reason.subject == "/proc/\(child.pid)/oom_score_adj")
    #expect(try directory.score() == before)
  }

  @Test func aDirectoryHeldBeyondDeathSaysThatItLeft() throws {
    let child = try ChildProcess()
    let directory = try ProcDirectory(in: machine).process(child.pid)
    let identity = try directory.stat().identity
    child.end()
    #expect(throws: ProcessError.left) { _ = try directory.stat() }
    #expect(throws: ProcessError.left) { _ = try directory.score() }
    #expect(throws: ProcessError.left) { try directory.write(.zero, to: identity) }
    let error = try #require(
      #expect(throws: SystemCallError.self) { _ = try directory.executable(on: machine) })
    #expect(error.meansGone)
  }

  @Test func anotherProcessOfThatPidIsNotWritten() throws {
    let child = try ChildProcess()
    let directory = try ProcDirectory(in: machine).process(child.pid)
    let before = try directory.score()
    var other = try directory.stat().identity
    other.startTicks += 1
    #expect(throws: ProcessError.left) { try directory.write(score(1000), to: other) }
    #expect(try directory.score() == before)
  }

  // MARK: directories shaped like /proc

  private func fake(_ start: UInt64 = 77, score: String = "0\n") throws -> TemporaryRoot {
    let temporary = try TemporaryRoot()
    let between = (4...21).map { _ in "1" }.joined(separator: " ")
    try temporary.write("42 (a ) (b\n) S \(between) \(start) 0 0\n", to: "proc/42/stat")
    try temporary.write(score, to: "proc/42/oom_score_adj")
    return temporary
  }

  @Test func aRecycledPidIsLeftUntouched() throws {
    let temporary = try fake()
    let directory = try ProcDirectory(in: RootDirectory(temporary.path)).process(42)
    let meant = ProcessIdentity(pid: 42, startTicks: 77)
    #expect(throws: ProcessError.left) {
      try directory.write(score(-500), to: ProcessIdentity(pid: 42, startTicks: 76))
    }
    #expect(try temporary.text(of: "proc/42/oom_score_adj") == "0\n")
    try directory.write(score(-500), to: meant)
    #expect(try temporary.text(of: "proc/42/oom_score_adj") == "-500\n")
    try directory.write(.zero, to: meant)
    #expect(try temporary.text(of: "proc/42/oom_score_adj") == "0\n", "nothing of the longer one is left")
  }

  @Test func namesThatAreNoPidsAreNotPids() throws {
    let temporary = try fake()
    for name in ["0", "-1", "+7", "7x", "99999999999", "self", "sys"] {
      try temporary.write("", to: "proc/\(name)/stat")
    }
    #expect(try ProcDirectory(in: RootDirectory(temporary.path)).pids() == [42])
  }

  @Test(arguments: ["", "x\n", "1001\n", "-1001\n", "1 2\n", "99999999999999999999\n"])
  func aScoreThatIsNoneIsAFault(text: String) throws {
    let temporary = try fake(score: text)
    let directory = try ProcDirectory(in: RootDirectory(temporary.path)).process(42)
    #expect(throws: ProcessError.text(KernelTextError(missing: "oom_score_adj"))) {
      _ = try directory.score()
    }
    #expect(throws: ProcessError.self) {
      try directory.write(.zero, to: ProcessIdentity(pid: 42, startTicks: 77))
    }
    #expect(try temporary.text(of: "proc/42/oom_score_adj") == text)
  }

  @Test func aLinkInPlaceOfTheScoreIsNotFollowed() throws {
    let temporary = try fake()
    try temporary.write("0\n", to: "elsewhere")
    try temporary.remove("proc/42/oom_score_adj")
    try temporary.link("proc/42/oom_score_adj", to: "../../elsewhere")
    let directory = try ProcDirectory(in: RootDirectory(temporary.path)).process(42)
    #expect(throws: ProcessError.self) {
      try directory.write(score(500), to: ProcessIdentity(pid: 42, startTicks: 77))
    }
    #expect(try temporary.text(of: "elsewhere") == "0\n")
  }

  // MARK: executables

  /// A copy of cat(1) that runs, in a folder of its own.
  private func copied(_ name: String = "program") throws -> (TemporaryRoot, ChildProcess, [UInt8]) {
    let temporary = try TemporaryRoot()
    let path = "\(temporary.path)/\(name)"
    try FileManager.default.copyItem(atPath: "/bin/cat", toPath: path)
    let child = try ChildProcess(path)
    _ = try child.echo("x")
    // As the kernel names it: without links on the way there.
    let resolved = URL(fileURLWithPath: temporary.path).resolvingSymlinksInPath().path
    return (temporary, child, Array("\(resolved)/\(name)".utf8))
  }

  @Test(arguments: ["program", "two words", "caf\u{e9}"])
  func anExecutableIsKnownByItsPathIfItIsThatFileOnTheHost(name: String) throws {
    let (temporary, child, path) = try copied(name)
    let directory = try ProcDirectory(in: machine).process(child.pid)
    #expect(try directory.executable(on: machine) == path)
    withExtendedLifetime(temporary) {}
  }

  @Test func aRenamedExecutableIsKnownByItsNewName() throws {
    let (temporary, child, path) = try copied()
    try FileManager.default.moveItem(atPath: "\(temporary.path)/program", toPath: "\(temporary.path)/moved")
    let directory = try ProcDirectory(in: machine).process(child.pid)
    #expect(try directory.executable(on: machine) == path.dropLast(7) + Array("moved".utf8))
  }

  private static let canUnshare: Bool = {
    let child = try? ChildProcess("/usr/bin/unshare", ["-Urm", "/bin/true"])
    return child?.end().status == 0
  }()

  @Test(.enabled(if: canUnshare, "needs user namespaces"))
  func aPathThatIsAnotherFileOnTheHostDoesNotCount() throws {
    let temporary = try TemporaryRoot()
    let path = "\(temporary.path)/program"
    try temporary.write("not a program", to: "program")
    let child = try ChildProcess(
      "/usr/bin/unshare", ["-Urm", "/bin/sh", "-c", "mount --bind /bin/cat '\(path)' && exec '\(path)'"])
    #expect(try child.echo("x") == "x\n")
    let link = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(child.pid)/exe")
    #expect(link.hasSuffix("/program"))
    #expect(try ProcDirectory(in: machine).process(child.pid).executable(on: machine) == nil)
  }

  @Test(.enabled(if: canUnshare && geteuid() == 0, "needs root and user namespaces"))
  func aDeletedExecutableInAnotherUserNamespaceDoesNotCount() throws {
    let temporary = try TemporaryRoot()
    let path = "\(temporary.path)/program"
    try FileManager.default.copyItem(atPath: "/bin/cat", toPath: path)
    let child = try ChildProcess("/usr/bin/unshare", ["-Ur", path])
    #expect(try child.echo("x") == "x\n")
    let directory = try ProcDirectory(in: machine).process(child.pid)
    #expect(try directory.executable(on: machine) != nil)
    try temporary.remove("program")
    #expect(try directory.executable(on: machine) == nil)
  }

  @Test(.enabled(if: geteuid() == 0, "needs root, to give files away"), arguments: [0, 12345])
  func aDeletedExecutableCountsOnlyIfRootOwnsIt(owner: UInt32) throws {
    let (temporary, child, path) = try copied()
    try temporary.giveAway("program", to: owner)
    let directory = try ProcDirectory(in: machine).process(child.pid)
    #expect(try directory.executable(on: machine) == path)
    // As an upgrade does it: another file takes its name.
    try temporary.remove("program")
    try temporary.write("new", to: "program")
    #expect(try directory.executable(on: machine) == (owner == 0 ? path : nil))
  }

  @Test func belowAFakeRootThePathStandsForItself() throws {
    let temporary = try fake()
    try temporary.link("proc/42/exe", to: "/usr/sbin/mysqld")
    let root = RootDirectory(temporary.path)
    let directory = try ProcDirectory(in: root).process(42)
    #expect(try directory.executable(on: root) == Array("/usr/sbin/mysqld".utf8))
  }

  @Test func scoresCanBeLoweredOrItIsSaidWhyNot() throws {
    let before = try ProcDirectory(in: machine).process(getpid()).score()
    let why = OwnProcess.whyScoresCannotBeLowered(in: machine)
    if try Capabilities.hasSysResource() {
      #expect(why == nil)
    } else if before == .zero {
      #expect(why == "/proc/\(getpid())/oom_score_adj: Permission denied")
    }
    #expect(try ProcDirectory(in: machine).process(getpid()).score() == before)
  }
}
