import Foundation
import GuardTestSupport
import Testing

/// What Tab does in real shells, each with the script that the client writes for it.
@Suite(.enabled(if: Tmux.isInstalled, "needs tmux"))
struct CompletionTests {
  private static func isInstalled(_ shell: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/\(shell)")
  }

  private let root: TemporaryRoot

  init() throws {
    root = try TemporaryRoot()
    try root.installWatched()
  }

  @Test(.enabled(if: isInstalled("bash"), "needs bash"))
  func inBash() throws { try complete("bash", "exec bash --norc --noprofile", "source ./oomguardctl") }

  @Test(.enabled(if: isInstalled("zsh"), "needs zsh"))
  func inZsh() throws {
    try complete(
      "zsh", "exec zsh -f", "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D", file: "_oomguardctl"
    )
  }

  @Test(.enabled(if: isInstalled("fish"), "needs fish"))
  func inFish() throws { try complete("fish", "exec fish --no-config", "source ./oomguardctl") }

  private func complete(
    _ shell: String, _ start: String, _ load: String, file: String = "oomguardctl"
  ) throws {
    let script = try BuiltClient.run(["--generate-completion-script", shell])
    #expect(script.status == 0 && script.complaint == "")
    try root.write(script.output, to: file)
    // The scripts ask the program, by the name that was typed.
    let programs = BuiltClient.program.deletingLastPathComponent().path
    let terminal = try Tmux(columns: 200, environment: ["PATH": "\(programs):/usr/bin:/bin"])
    try terminal.enter("cd \(root.path); \(start)")
    try terminal.enter(load)
    try terminal.enter("clear; echo rea''dy")
    try terminal.wait("\(shell)") { $0.contains("ready") }

    try press("oomguardctl expl", "Tab", on: terminal) { $0.contains("oomguardctl explain") }
    try press("oomguardctl status --root . data", "Tab", on: terminal) { $0.contains("--root . database") }
    try press("oomguardctl explain --root . 200", "Tab", "Tab", on: terminal) {
      $0.contains("2001") && $0.contains("2002")
    }
    try press("oomguardctl watch --ra", "Tab", on: terminal) { $0.contains("watch --rate") }
  }

  /// Types, presses keys, and leaves an empty line behind.
  private func press(
    _ text: String, _ keys: String..., on terminal: Tmux, condition: (String) -> Bool
  ) throws {
    try terminal.type(text)
    for key in keys {
      // As a person would: a shell that is still at the first takes both for one.
      usleep(300_000)
      try terminal.press(key)
    }
    try terminal.wait(text) { condition($0.joined(separator: "\n")) }
    // The first may only end what the shell is completing still.
    try terminal.press("C-c")
    try terminal.press("C-u")
    // And a shell that is still at it may lose what comes first.
    try terminal.enter("        clear; echo rea''dy")
    try terminal.wait("an empty line") { lines in
      lines.contains("ready") && !lines.contains { $0.contains(text) }
    }
  }
}
