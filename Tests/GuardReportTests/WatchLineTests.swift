import Foundation
import GuardTestSupport
import Testing

/// `oomguardctl watch` on a line that the test holds the other end of: slow, silent, or fast.
struct WatchLineTests {
  /// What the screen asks at the end of each frame, and what a terminal says once it has come so far.
  private static let (question, answer) = ("\u{1b}[5n", "\u{1b}[0n")

  private func watch(_ arguments: [String]) throws -> PseudoTerminal {
    try PseudoTerminal(BuiltClient.program, ["watch"] + arguments)
  }

  @Test func aSlowLineGetsOneFrameAtATimeAndThenTheNewest() throws {
    let root = try TemporaryRoot()
    try root.installWatched()
    let line = try watch(["--root", root.path, "--rate", "10"])
    #expect(try line.read(to: Self.question).contains("some 1.5 %"))
    for percent in 10...20 {
      try root.write("some avg10=\(percent).00 avg60=0.00 avg300=0.00 total=77\n", to: "proc/pressure/memory")
      usleep(100_000)
    }
    // The terminal has not come to the end of the first yet.
    #expect(line.available() == "")
    line.type(Self.answer)
    #expect(try line.read(to: Self.question).contains("some 20 %"))
    line.type(Self.answer + "q")
    #expect(line.end() == 0)
  }

  @Test func aTerminalThatNeverAnswersIsDrawnOnAllTheSame() throws {
    let root = try TemporaryRoot()
    try root.installWatched()
    let line = try watch(["--root", root.path])
    _ = try line.read(to: Self.question)
    try root.write("some avg10=42.00 avg60=0.00 avg300=0.00 total=77\n", to: "proc/pressure/memory")
    let rest = try line.read(to: "some 42 %")
    #expect(!rest.contains(Self.question))
  }

  /// On the machine's own processes, each update a whole look at all of them.
  @Test func aThousandUpdatesLeaveItsMemoryFlat() throws {
    let line = try watch([])
    var before: Int?
    for round in 0..<1300 {
      _ = try line.read(to: Self.question)
      if round == 300 { before = try anonymousKB(line) }
      // Another order, so that there is something to draw; paused and on again, so that it looks at once.
      line.type("\(Self.answer)spp")
    }
    let grown = try anonymousKB(line) - #require(before)
    // The allocator takes pages for a moment's crowd of processes, too; half a KiB an update would be more.
    #expect(grown <= 512, "it grew by \(grown) KiB")
    line.type("q")
  }

  /// What the process that draws holds of its own.
  private func anonymousKB(_ line: PseudoTerminal) throws -> Int {
    let drawer = try #require(Tmux.children(of: line.pid).first)
    let status = try String(contentsOfFile: "/proc/\(drawer)/status", encoding: .utf8)
    let row = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
    return try #require(Int(row.split(whereSeparator: \.isWhitespace)[1]))
  }
}
