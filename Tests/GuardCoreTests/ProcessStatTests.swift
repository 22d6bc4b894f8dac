import GuardCore
import GuardTestSupport
import Testing

struct ProcessStatTests {
  @Test(arguments: [
    ("plain", "sh"), ("spaces", "tmux: server"), ("closing-parenthesis", "x) S 1 (2) 3 4"),
    ("newline", "a\nb) R 1"),
  ])
  func fieldsSurviveAnyCommandName(fixture: String, comm: String) throws {
    let bytes = try Fixture.bytes("proc-stat/\(fixture)")
    let stat = try ProcessStat(bytes)
    #expect(stat.comm == Array(comm.utf8))
    #expect(stat.state == UInt8(ascii: "S"))
    #expect(stat.parentPID == 4000)
    #expect(stat.flags == 4_194_304)
    #expect(stat.threadCount == 3)
    #expect(!stat.isKernelThread && !stat.isDead)
    #expect(try ProcessIdentity(stat: bytes) == ProcessIdentity(pid: 4242, startTicks: 8_669_053))
  }

  @Test func aNameThatIsNotUTF8IsKept() throws {
    #expect(try ProcessStat(Fixture.bytes("proc-stat/not-utf8")).comm == [0xff, 0xfe])
  }

  @Test func kernelThreadsAndTheDeadAreTold() throws {
    let thread = "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 1 0 0 20 0 1 0 24 0 0"
    #expect(try ProcessStat(Array(thread.utf8)).isKernelThread)
    let dead = "812 (cc1) Z 1 812 812 0 -1 4228108 0 0 0 0 0 1 0 0 20 0 1 0 24 0 0"
    #expect(try ProcessStat(Array(dead.utf8)).isDead)
    let headless = "812 (java) Z 1 812 812 0 -1 4228108 0 0 0 0 0 1 0 0 20 0 2 0 24 0 0"
    #expect(try !ProcessStat(Array(headless.utf8)).isDead, "another of its threads lives")
  }

  @Test(arguments: [
    ("", "pid"), ("x (sh) S", "pid"), ("4242", "pid"), ("0 (sh) S 1", "pid"), ("99999999999 (sh) S 1", "pid"),
    ("4242 (sh", "comm"), ("4242 (sh)", "state"), ("4242 (sh) SS", "state"), ("4242 (sh) S 1x", "ppid"),
    ("4242 (sh) S 1", "flags"), ("4242 (sh) S 1 1 1 0 -1 -7", "flags"),
    ("4242 (sh) S 1 1 1 0 -1 7 0 0 0 0 0 0 0 0 20 0", "num_threads"),
    ("4242 (sh) S 1 1 1 0 -1 7 0 0 0 0 0 0 0 0 20 0 1 0", "starttime"),
    ("4242 (sh) S 1 1 1 0 -1 7 0 0 0 0 0 0 0 0 20 0 1 0 99999999999999999999", "starttime"),
  ])
  func brokenTextNamesTheMissingField(text: String, field: String) {
    #expect(throws: KernelTextError(missing: field)) { try ProcessStat(Array(text.utf8)) }
  }
}
