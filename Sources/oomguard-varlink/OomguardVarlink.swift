internal import ArgumentParser
internal import GuardLinux
internal import GuardStatus
internal import GuardSystemd
internal import GuardVarlink

/// The programs' interface, in a process of its own without rights.
@main
struct OomguardVarlink: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "oomguard-varlink",
    abstract: "Answers programs over varlink: what is protected, who would be killed next, what was killed.",
    discussion: """
      Started by systemd when a client comes (oomguard-varlink.socket), it ends when none is left. Its interface \
      is io.oomguard.Guard. It only reads.
      """,
    version: "oomguard-varlink \(Release.version)")

  @Option(
    help: ArgumentHelp("Without systemd: listen on this UNIX socket, which is made.", valueName: "path"))
  var socket: String?

  @Option(
    help: ArgumentHelp("End when there was no client for so long. Without it: never.", valueName: "seconds"))
  var idle: Int?

  @Option(
    name: .customLong("root"), help: ArgumentHelp("Look at a directory shaped like /.", valueName: "dir"))
  var root = "/"

  func validate() throws {
    if let idle, idle < 1 { throw ValidationError("--idle takes a number of seconds from 1 up") }
  }

  func run() throws {
    let inherited = ServiceManager.inheritedSockets()
    let listening: ListeningSocket
    if let socket {
      listening = try ListeningSocket(boundTo: socket)
    } else if let first = inherited.first, inherited.count == 1 {
      listening = try ListeningSocket(inherited: first)
    } else {
      throw ValidationError(
        "there is no socket to listen on; start it with: systemctl start oomguard-varlink.socket, or name one with --socket"
      )
    }
    let server = try Server(listening, in: RootDirectory(root), idleLimit: idle.map { .seconds($0) }) {
      Timestamp(microsecondsSinceEpoch: Clock.wall().microseconds)
    }
    try server.run()
  }
}
