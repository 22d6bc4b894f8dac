import Foundation
import GuardTestSupport
import Testing

/// A real terminal of a size of its own, in which a shell runs, as long as the test holds on to it.
final class Tmux {
  private static let program = "/usr/bin/tmux"
  static let isInstalled = FileManager.default.isExecutableFile(atPath: program)

  private let root: TemporaryRoot
  /// Of the shell.
  private(set) var pid: Int32 = 0

  init(columns: Int = 80, rows: Int = 24, environment: [String: String] = [:]) throws {
    root = try TemporaryRoot()
    // No line of its own at the bottom, and no files of whoever runs the tests.
    try root.write(
      "set -g status off\nset -g default-terminal tmux-256color\n", to: "conf")
    var variables = ["PATH": "/usr/bin:/bin", "PS1": "$ ", "LANG": "C.UTF-8", "HOME": root.path]
    // A crash is one that was sent here: Swift's own handler would take it for nothing, and go on.
    variables["SWIFT_BACKTRACE"] = "enable=no"
    variables.merge(environment) { $1 }
    let shell =
      ["env", "-i"] + ["TERM=\(variables["TERM"] ?? "tmux-256color")"]
      + variables.filter { $0.key != "TERM" }.map { "\($0.key)=\($0.value)" } + ["/bin/sh"]
    try ask(["-f", "\(root.path)/conf", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)"] + shell)
    let pane = try ask(["display-message", "-p", "#{pane_pid}"])
    pid = try #require(Int32(pane))
    try wait("a prompt") { $0.contains { $0.hasPrefix("$") } }
  }

  deinit { _ = try? ask(["kill-server"]) }

  /// What tmux prints.
  ///
  /// Not by Foundation, which takes a process for running as long as another that it started keeps a descriptor.
  @discardableResult private func ask(_ arguments: [String]) throws -> String {
    let server = [Self.program, "-S", "\(root.path)/tmux"]
    let words = ["env", "-i", "PATH=/usr/bin:/bin", "LANG=C.UTF-8", "TERM=xterm"] + server + arguments
    let quoted = words.map { "'" + $0.replacingOccurrences(of: "'", with: #"'\''"#) + "'" }
    guard let pipe = unsafe popen(quoted.joined(separator: " ") + " 2>&1", "re") else {
      throw POSIXError(.ECHILD)
    }
    var text: [UInt8] = []
    while true {
      let byte = unsafe fgetc(pipe)
      if byte == EOF { break }
      text.append(UInt8(truncatingIfNeeded: byte))
    }
    unsafe pclose(pipe)
    return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .newlines)
  }

  /// Types `text`, letter by letter.
  func type(_ text: String) throws { try ask(["send-keys", "-l", text]) }
  /// Presses a key by tmux's name for it: `Enter`, `C-c`, `Up`.
  func press(_ key: String) throws { try ask(["send-keys", key]) }
  func enter(_ command: String) throws {
    try type(command)
    try press("Enter")
  }

  /// Enters a command and waits until it is done and the shell asks for another.
  func run(_ command: String) throws {
    let mark = "\(UUID().uuidString.prefix(8))"
    // In the line that was typed it does not stand in one piece.
    try enter("\(command); echo \(mark.prefix(4))''\(mark.suffix(4))")
    try wait("the end of \(command)") { lines in
      let text = lines.filter { !$0.isEmpty }
      return text.last?.hasPrefix("$") ?? false && text.dropLast().last?.hasSuffix(mark) ?? false
    }
  }

  func resize(columns: Int, rows: Int) throws {
    try ask(["resize-window", "-x", "\(columns)", "-y", "\(rows)"])
  }

  /// What is on the screen, a line each.
  func screen(withColours: Bool = false) throws -> [String] {
    let text = try ask(["capture-pane", "-p"] + (withColours ? ["-e"] : []))
    return text.components(separatedBy: "\n")
  }

  /// Whether the screen is the one that the shell wrote on, with a cursor.
  func isGivenBack() throws -> Bool {
    try ask(["display-message", "-p", "#{alternate_on} #{cursor_flag}"]) == "0 1"
  }

  /// Waits until what is on the screen is so.
  func wait(_ what: String, _ condition: ([String]) throws -> Bool) throws {
    let end = Date(timeIntervalSinceNow: 60)
    while try !condition(try screen()) {
      let seen = try screen().joined(separator: "\n")
      try #require(Date() < end, "in vain: \(what)\n\(seen)")
      usleep(50_000)
    }
  }

  /// Whether there is no such process any more, but for what its parent has to hear of.
  static func isGone(_ pid: Int32) -> Bool {
    let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    return status?.contains("\nState:\tZ") ?? true
  }

  /// The processes that a process has started.
  static func children(of pid: Int32) -> [Int32] {
    let text = try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
    return (text ?? "").split(separator: " ").compactMap { Int32($0) }
  }
}
