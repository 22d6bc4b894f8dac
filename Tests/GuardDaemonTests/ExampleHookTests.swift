import Foundation
import GuardTestSupport
import Testing

/// The hooks of packaging/examples, each against something that receives what it sends.
struct ExampleHookTests {
  private let root: TemporaryRoot

  init() throws { root = try TemporaryRoot() }

  private static let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("packaging/examples").path
  private static func isThere(_ program: String) -> Bool {
    FileManager.default.fileExists(atPath: "/usr/bin/\(program)")
  }

  private let message = #"pressure: "critical" \o/ <a> & b äö"#
  private let event = #"""
    {"event":"pressure","at":"2026-05-04T10:00:00Z","message":"pressure: \"critical\" \\o/ <a> & b äö","level":"critical","fastest_comm":"\"message\":\"no\""}

    """#

  /// A program on the path of the hook that keeps what it is given: its arguments, a line each, then its input.
  private func stub(_ name: String, status: Int = 0) throws {
    try root.write(
      "#!/bin/sh\n{ printf '%s\\n' \"$@\"; [ -t 0 ] || cat; } >>\(root.path)/\(name).got\nexit \(status)\n",
      to: "bin/\(name)")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: "\(root.path)/bin/\(name)")
  }

  private func run(_ hook: String, _ arguments: String..., through words: [String] = []) throws -> Outcome {
    try root.write(event, to: "event")
    let environment = [
      "PATH": "\(root.path)/bin:/usr/sbin:/usr/bin:/sbin:/bin", "OOMGUARD_EVENT": "pressure",
      "OOMGUARD_LEVEL": "critical",
      "OOMGUARD_MESSAGE": message, "OOMGUARD_AT": "2026-05-04T10:00:00Z", "OOMGUARD_HELD_BACK": "2",
    ]
    let shell = ["/bin/sh", "-c", "exec \"$@\" <\(root.path)/event", "sh"]
    return try Program.run(
      words + shell + ["\(Self.examples)/\(hook)"] + arguments, environment: environment)
  }

  private var hostname: String {
    get throws { try Program.run(["/bin/uname", "-n"]).output.trimmingCharacters(in: .newlines) }
  }

  @Test func mailIsHandedToSendmail() throws {
    try stub("sendmail")
    #expect(try run("notify-mail", "admin@example.org") == Outcome(status: 0))
    let host = try hostname
    #expect(
      try root.text(of: "sendmail.got") == """
        -i
        -t
        To: admin@example.org
        Subject: oomguard on \(host): pressure critical
        MIME-Version: 1.0
        Content-Type: text/plain; charset=UTF-8
        Auto-Submitted: auto-generated

        \(message)

        Host: \(host)
        Time: 2026-05-04T10:00:00Z
        Events of this kind since the last mail that got none of their own: 2

        The whole of it: \(event)
        More about it: journalctl -u oomguard, oomguardctl status

        """)
  }

  @Test func aMailThatCannotBeSentIsAFailure() throws {
    try stub("sendmail", status: 75)
    #expect(try run("notify-mail").status == 75)
  }

  @Test(.enabled(if: isThere("curl"), "there is no curl(1)"), arguments: [false, true])
  func aWebServerGetsTheEvent(isText: Bool) throws {
    let server = try OneShotServer(answering: "204 No Content")
    let url = "http://127.0.0.1:\(server.port)/hook?key=1"
    #expect(try run("notify-webhook", url, isText ? "text" : "") == Outcome(status: 0))
    let request = try #require(server.request)
    #expect(request.head.first == "POST /hook?key=1 HTTP/1.1")
    #expect(request.head.contains("Content-Type: application/json"))
    if isText {
      #expect(
        try JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: String] == [
          "text": message
        ])
    } else {
      #expect(request.body == event.trimmingCharacters(in: .newlines))
    }
  }

  @Test(.enabled(if: isThere("curl"), "there is no curl(1)"))
  func theAddressMayBeKeptInAFile() throws {
    let server = try OneShotServer(answering: "200 OK")
    try root.write("http://127.0.0.1:\(server.port)/secret\n", to: "url")
    #expect(try run("notify-webhook", "@\(root.path)/url") == Outcome(status: 0))
    #expect(server.request?.head.first == "POST /secret HTTP/1.1")
  }

  @Test(.enabled(if: isThere("curl"), "there is no curl(1)"))
  func aServerThatRefusesIsAFailureWithItsReason() throws {
    let server = try OneShotServer(answering: "403 Forbidden")
    let outcome = try run("notify-webhook", "http://127.0.0.1:\(server.port)/")
    #expect(outcome.status == 22)
    #expect(outcome.complaint.contains("403"))
    #expect(try run("notify-webhook").complaint.contains("usage: notify-webhook URL"))
  }

  /// In a /run of its own, with the bus of a user who is logged in.
  @Test(.enabled(if: Machine.whyNotLive == nil, Comment(rawValue: Machine.whyNotLive ?? "")))
  func theDesktopOfEachUserShowsIt() throws {
    let stage = try Stage()
    try stub("notify-send")
    // It is run as that user, who has to get there.
    for path in [root.path, "\(root.path)/bin"] {
      try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: path)
    }
    let uid = try Program.run(["/usr/bin/id", "-u", "nobody"]).output.trimmingCharacters(in: .newlines)
    let directory = "\(stage.run)/user/\(uid)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let bus = try BoundSocket("\(directory)/bus")
    try FileManager.default.createDirectory(
      atPath: "\(stage.run)/user/4242", withIntermediateDirectories: true)
    #expect(try run("notify-desktop", through: stage.command([])) == Outcome(status: 0))
    let got = try root.text(of: "notify-send.got").split(separator: "\n").map { String($0) }
    #expect(
      got.prefix(5) == [
        "--app-name=oomguard", "--icon=dialog-warning", "--urgency=critical", "Memory: pressure critical",
        #"pressure: "critical" \o/ &lt;a&gt; &amp; b äö"#,
      ])
    let owner = try FileManager.default.attributesOfItem(atPath: "\(root.path)/notify-send.got")[
      .ownerAccountID]
    #expect((owner as? Int).map { "\($0)" } == uid, "as that user")
    withExtendedLifetime(bus) {}
  }

  @Test func everyTerminalGetsIt() throws {
    try stub("wall")
    #expect(try run("notify-wall") == Outcome(status: 0))
    #expect(try root.text(of: "wall.got") == "\noomguard on \(hostname): \(message)\n")
  }

  @Test(.enabled(if: isThere("shellcheck"), "there is no shellcheck(1)"))
  func nothingIsToBeSaidOfTheScripts() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.examples).sorted()
    #expect(names == ["notify-desktop", "notify-mail", "notify-wall", "notify-webhook"])
    #expect(
      try Program.run(["/usr/bin/shellcheck"] + names.map { "\(Self.examples)/\($0)" }) == Outcome(status: 0))
  }
}

/// A web server on this machine that takes one request, keeps it, and gives the same answer to all others.
private final class OneShotServer: @unchecked Sendable {
  let port: UInt16
  private let listener: CInt
  private let lock = NSLock()
  private var got: (head: [String], body: String)?

  init(answering status: String) throws {
    listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { [listener] in
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(listener, $0, length) == 0 && listen(listener, 4) == 0
          && getsockname(listener, $0, &length) == 0
      }
    }
    guard isBound else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in serve(status) }
  }

  deinit { close(listener) }

  var request: (head: [String], body: String)? { lock.withLock { got } }

  private func serve(_ status: String) {
    let peer = accept(listener, nil, nil)
    guard peer >= 0 else { return }
    let file = FileHandle(fileDescriptor: peer, closeOnDealloc: true)
    var text = ""
    var (head, wanted): ([String], Int?) = ([], nil)
    while wanted.map({ text.utf8.count < $0 }) ?? true {
      let more = file.availableData
      guard !more.isEmpty else { return }
      text += String(decoding: more, as: UTF8.self)
      if wanted == nil, let end = text.range(of: "\r\n\r\n") {
        head = text[..<end.lowerBound].components(separatedBy: "\r\n")
        text = String(text[end.upperBound...])
        wanted = head.first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
      }
    }
    lock.withLock { got = (head, text) }
    try? file.write(
      contentsOf: Data("HTTP/1.1 \(status)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8))
  }
}
