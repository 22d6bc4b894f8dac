import Foundation
import GuardStatus
import GuardTestSupport
import Testing

/// `oomguardctl watch` at real terminals: what is on the screen, and what is left of it afterwards.
@Suite(.enabled(if: Tmux.isInstalled, "needs tmux"))
struct WatchTerminalTests {
  private let root: TemporaryRoot

  init() throws {
    root = try TemporaryRoot()
    try root.installWatched()
  }

  private var command: String {
    "\(BuiltClient.program.path) watch --root \(root.path)"
  }

  private func start(_ terminal: Tmux) throws {
    try terminal.run("clear; stty -g > \(root.path)/before")
    try terminal.enter(command)
    try terminal.wait("the screen") {
      $0.contains { $0.hasPrefix("oomguard is") } && $0.last?.hasPrefix("q quit") ?? false
    }
  }

  /// The moments in it, which are those of now, in place of which there is one.
  private func still(_ lines: [String]) -> String {
    lines.map { line in
      "\(line.replacing(#/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/#, with: "2026-05-04 10:00:05"))\n"
    }.joined()
  }

  private func golden(_ name: String) throws -> String {
    try String(decoding: Fixture.bytes("watch/terminal-\(name).txt"), as: UTF8.self)
  }

  /// The shell has its terminal back as it was, and takes commands.
  private func expectUsable(_ terminal: Tmux) throws {
    try terminal.wait("the shell's own screen") { _ in try terminal.isGivenBack() }
    try terminal.run("stty -g > \(root.path)/after")
    #expect(try root.text(of: "after") == root.text(of: "before"))
    // What was there before is there again, and nothing of the screen.
    let screen = try terminal.screen()
    #expect(screen.contains { $0.hasPrefix("$ \(BuiltClient.program.path)".prefix(80)) })
    #expect(!screen.contains { $0.hasPrefix("oomguard is") })
  }

  /// The process that draws.
  private func drawer(_ terminal: Tmux) throws -> (keeper: Int32, drawer: Int32) {
    let keeper = try #require(Tmux.children(of: terminal.pid).first)
    return (keeper, try #require(Tmux.children(of: keeper).first))
  }

  // MARK: What is shown

  @Test(arguments: [(80, 24), (200, 50)])
  func theScreenIsThatOfTheGoldenFile(columns: Int, rows: Int) throws {
    let terminal = try Tmux(columns: columns, rows: rows)
    try start(terminal)
    let wanted = try golden("\(columns)x\(rows)")
    try terminal.wait("\(columns)x\(rows)") { still($0) == wanted }
    try terminal.type("q")
    try expectUsable(terminal)
  }

  @Test func aTerminalThatIsMadeLargerAndSmallerIsFilled() throws {
    let terminal = try Tmux()
    try start(terminal)
    for (columns, rows) in [(200, 50), (80, 24), (200, 50)] {
      try terminal.resize(columns: columns, rows: rows)
      let wanted = try golden("\(columns)x\(rows)")
      try terminal.wait("\(columns)x\(rows)") { still($0) == wanted }
    }
  }

  @Test func withoutUnicodeItIsASCII() throws {
    let terminal = try Tmux(environment: ["LANG": "C"])
    try start(terminal)
    let text = try terminal.screen().joined(separator: "\n")
    #expect(text.utf8.allSatisfy { $0 < 0x80 })
    #expect(text.contains("####"))
  }

  @Test(arguments: [true, false])
  func coloursAreForThoseWhoWantThem(isPlain: Bool) throws {
    let terminal = try Tmux(environment: isPlain ? ["NO_COLOR": "1"] : [:])
    try start(terminal)
    let text = try terminal.screen(withColours: true).joined(separator: "\n")
    #expect(text.contains("\u{1b}[") != isPlain)
  }

  @Test func keysSortFilterPauseAndSetTheRate() throws {
    let terminal = try Tmux()
    try start(terminal)
    try terminal.type("s")
    try terminal.wait("another order") { $0.last?.contains("sort: rss") ?? false }
    try terminal.type("/java")
    try terminal.press("Enter")
    try terminal.wait("a filter") { $0.last?.contains("filter: java") ?? false }
    let screen = try terminal.screen()
    #expect(screen.contains { $0.contains("1 of 3 processes") })
    // An arrow is no Escape.
    try terminal.press("Up")
    try terminal.type("+")
    try terminal.wait("a rate") { $0[0].hasSuffix("2 Hz") }
    try terminal.type("p")
    try terminal.wait("a pause") { $0[0].hasSuffix("paused") && $0.last?.contains("go on") ?? false }
    let before = try terminal.screen()
    try root.write("some avg10=99.00 avg60=0.00 avg300=0.00 total=77\n", to: "proc/pressure/memory")
    usleep(1_500_000)
    #expect(try terminal.screen() == before)
    try terminal.type("p")
    try terminal.wait("the new figures") { $0.contains { $0.contains("some 99 %") } }
  }

  @Test func whatIsKilledIsShownWhenItIs() throws {
    try root.installWatched { $0.kills = StatusDocument.calm.kills }
    let terminal = try Tmux()
    try start(terminal)
    #expect(try terminal.screen().contains("nobody in the last week"))
    try root.installWatched()
    try terminal.wait("the kill") { $0.contains { $0.contains("hog6") } }
  }

  @Test func aTerminalThatOnlyTakesLinesGetsLines() throws {
    try root.installWatched { $0.kills = StatusDocument.calm.kills }
    let terminal = try Tmux(columns: 200, environment: ["TERM": "dumb"])
    try terminal.enter(command)
    try terminal.wait("where it is from") { $0.contains { $0.contains("in the daemon's status") } }
    try root.installWatched()
    try terminal.wait("the kill") { $0.contains { $0.contains("hog6") } }
    #expect(try terminal.isGivenBack())
    try terminal.press("C-c")
  }

  // MARK: What is left

  @Test(arguments: ["q", "C-c", "C-\\"])
  func aKeyEndsItAndTheTerminalIsAsItWas(key: String) throws {
    let terminal = try Tmux()
    try start(terminal)
    try terminal.press(key)
    try expectUsable(terminal)
  }

  @Test(arguments: [SIGTERM, SIGHUP, SIGINT], [true, false])
  func aSignalToEitherEndsItAndTheTerminalIsAsItWas(signal: CInt, isForKeeper: Bool) throws {
    let terminal = try Tmux()
    try start(terminal)
    let (keeper, drawer) = try drawer(terminal)
    kill(isForKeeper ? keeper : drawer, signal)
    try expectUsable(terminal)
  }

  @Test(arguments: [SIGKILL, SIGSEGV, SIGILL])
  func aCrashIsTidiedUpAfter(signal: CInt) throws {
    let terminal = try Tmux()
    try start(terminal)
    kill(try drawer(terminal).drawer, signal)
    try expectUsable(terminal)
    #expect(try terminal.screen().contains { $0.contains("ended by signal \(signal)") })
  }

  @Test func whoeverKeepsTheTerminalMayBeKilledToo() throws {
    let terminal = try Tmux()
    try start(terminal)
    let (keeper, drawer) = try drawer(terminal)
    kill(keeper, SIGKILL)
    try expectUsable(terminal)
    try terminal.wait("its end") { _ in Tmux.isGone(drawer) }
  }

  @Test func itCanBeStoppedAndGoesOn() throws {
    let terminal = try Tmux()
    try start(terminal)
    try terminal.press("C-z")
    try expectUsable(terminal)
    try terminal.enter("fg")
    try terminal.wait("the screen again") { $0[0].hasPrefix("oomguard is") }
    #expect(try !terminal.isGivenBack())
    try terminal.type("q")
    try expectUsable(terminal)
  }
}

extension TemporaryRoot {
  /// A machine with three processes, one of them protected by a daemon that looks after things once in ten years.
  func installWatched(_ change: (inout StatusDocument) -> Void = { _ in }) throws {
    // Ages of days and hours, so that they are the same for as long as a test takes.
    let now = Int64(Date().timeIntervalSince1970)
    let since = Timestamp(seconds: now - 3 * 86_400 - 4 * 3600 - 600)
    var document = StatusDocument.calm
    document.reconcileSeconds = 315_360_000
    (document.since, document.writtenAt) = (since, Timestamp(seconds: now))
    document.pressure.since = since
    var kill = StatusDocument.troubled.kills.last[5]
    kill.at = Timestamp(seconds: now - 2 * 86_400 - 5 * 3600 - 600)
    document.kills = StatusDocument.Kills(total: 1, protected: 1, vmstatOOMKill: 1, last: [kill])
    change(&document)
    try install(document)
    try write(
      "some avg10=1.50 avg60=0.00 avg300=0.00 total=77\nfull avg10=0.25 avg60=0.00 avg300=0.00 total=7\n",
      to: "proc/pressure/memory")
    try write(
      """
      MemTotal: 16777216 kB
      MemFree: 2097152 kB
      MemAvailable: 6291456 kB
      Buffers: 102400 kB
      Cached: 4194304 kB
      SwapTotal: 4194304 kB
      SwapFree: 3145728 kB
      AnonPages: 8388608 kB
      Shmem: 1048576 kB

      """, to: "proc/meminfo")
    try write("", to: "sys/fs/cgroup/cgroup.controllers")
    try write("", to: "sys/fs/cgroup/cgroup.procs")
    try installProcess(2001, "java", unit: "app.service", score: 0, rssKB: 4_194_304, swapKB: 524_288)
    try installProcess(2002, "漢字", unit: "session-4.scope", score: 0, rssKB: 524_288, swapKB: 0)
    try installProcess(
      991, "postgres", unit: "postgresql@15-main.service", score: -900, rssKB: 1_048_576, swapKB: 0)
  }

  private func installProcess(
    _ pid: Int32, _ comm: String, unit: String, score: Int, rssKB: Int, swapKB: Int
  ) throws {
    try write(
      "Name:\t\(comm)\nTgid:\t\(pid)\nVmRSS:\t\(rssKB) kB\nVmPTE:\t96 kB\nVmSwap:\t\(swapKB) kB\nThreads:\t1\n",
      to: "proc/\(pid)/status")
    try write("\(score)\n", to: "proc/\(pid)/oom_score_adj")
    try write("0::/system.slice/\(unit)\n", to: "proc/\(pid)/cgroup")
  }
}
