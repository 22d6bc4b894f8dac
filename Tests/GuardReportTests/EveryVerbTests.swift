import Foundation
import GuardStatus
import GuardTestSupport
import Testing

/// What holds for every verb that there is, found in the program's own help: wherever its answer goes, whoever asks, and
/// whether or not anything is there to answer from.
@Suite(.serialized)
struct EveryVerbTests {
  struct Verb: Sendable, CustomStringConvertible {
    var name: String
    var arguments: [String]
    /// Ends only when it is told to.
    var isEndless = false

    var description: String { name }
  }

  /// What a verb has to be told; the others do without.
  private static let needs = [
    "explain": ["1"], "protect": ["nginx.service", "--score", "-5"], "unprotect": ["nginx.service"],
    "reclaim": ["--caches", "pages"],
  ]
  private static let endless: Set = ["watch"]

  /// As the program itself has them.
  static let verbs: [Verb] = {
    guard let dump = try? BuiltClient.run(["--experimental-dump-help"]),
      let tree = try? JSONSerialization.jsonObject(with: Data(dump.output.utf8)) as? [String: Any],
      let command = tree["command"] as? [String: Any], let verbs = command["subcommands"] as? [[String: Any]]
    else { return [] }
    return verbs.compactMap { $0["commandName"] as? String }.filter { $0 != "help" }.map {
      Verb(name: $0, arguments: needs[$0] ?? [], isEndless: endless.contains($0))
    }
  }()

  private let root: TemporaryRoot

  init() throws {
    root = try TemporaryRoot()
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: root.path)
  }

  // MARK: Running

  /// An endless verb is interrupted after a while, as by somebody at a terminal.
  /// What is started in the background of a shell may ignore SIGINT from its birth.
  private static let heedful = ["env", "--default-signal=INT"]

  private func run(
    _ verb: Verb, _ options: [String] = [], prefix: [String] = [], environment: [String: String] = [:]
  ) throws -> BuiltClient.Outcome {
    let limit = verb.isEndless ? ["timeout", "--signal=INT", "--preserve-status", "2"] + Self.heedful : []
    let words = prefix + limit + [BuiltClient.program.path, verb.name] + verb.arguments + options
    return try BuiltClient.run(
      program: "/usr/bin/env", words,
      environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"].merging(environment) { $1 })
  }

  /// What no answer and no complaint may ever lack or have.
  private func expectManners(
    _ outcome: BuiltClient.Outcome, of verb: Verb, isJSON: Bool = false, isASCII: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let what = Comment(rawValue: "\(verb): \(outcome)")
    if !verb.isEndless { #expect((0...4).contains(outcome.status), what, sourceLocation: sourceLocation) }
    #expect(!outcome.output.isEmpty || !outcome.complaint.isEmpty, what, sourceLocation: sourceLocation)
    // Usage, a stopped daemon and a missing right are told in words, and not by a number alone.
    if outcome.status >= 2, !verb.isEndless {
      #expect(outcome.complaint.hasPrefix("oomguardctl: "), what, sourceLocation: sourceLocation)
    }
    for text in [outcome.output, outcome.complaint] {
      #expect(text.isEmpty || text.hasSuffix("\n"), what, sourceLocation: sourceLocation)
      let foreign = text.unicodeScalars.filter { $0.value < 0x20 && $0 != "\n" || $0.value == 0x7f }
      #expect(foreign.isEmpty, what, sourceLocation: sourceLocation)
      #expect(
        !text.split(separator: "\n").contains { $0.hasSuffix(" ") }, what, sourceLocation: sourceLocation)
      if isASCII { #expect(text.utf8.allSatisfy { $0 < 0x80 }, what, sourceLocation: sourceLocation) }
      #expect(!text.contains("Optional("), what, sourceLocation: sourceLocation)
    }
    guard isJSON, !outcome.output.isEmpty else { return }
    if verb.isEndless {
      for line in outcome.output.split(separator: "\n") {
        #expect(throws: Never.self, what, sourceLocation: sourceLocation) {
          try JSONSerialization.jsonObject(with: Data(line.utf8))
        }
      }
    } else {
      #expect(throws: Never.self, what, sourceLocation: sourceLocation) {
        try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
      }
    }
  }

  private func installDaemon() throws {
    try root.installMachine()
    var document = StatusDocument.troubled
    document.reconcileSeconds = 315_360_000
    document.writtenAt = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
    document.config.files = ["\(root.path)/etc/oomguard.conf"]
    try root.install(document)
    try root.write("[[protect]]\nname = \"ü\"\nexe = \"/bin/x\"\nscore = 1\n", to: "etc/oomguard.conf")
  }

  // MARK: Tests

  @Test func thereAreVerbs() {
    #expect(
      Set(Self.verbs.map(\.name)).isSuperset(of: ["status", "victims", "explain", "check-config", "parse"]))
    #expect(Set(Self.needs.keys).isSubset(of: Self.verbs.map(\.name)))
  }

  @Test(arguments: verbs)
  func inAPipeWithNothingThere(verb: Verb) throws {
    for options in [[], ["--json"]] {
      let outcome = try run(verb, options + ["--root", root.path])
      try expectManners(outcome, of: verb, isJSON: options != [])
    }
  }

  @Test(arguments: verbs)
  func inAPipeWithADaemonInTrouble(verb: Verb) throws {
    try installDaemon()
    for (options, language) in [([], "C.UTF-8"), ([], "C"), (["--json"], "C")] {
      let outcome = try run(verb, options + ["--root", root.path], environment: ["LANG": language])
      try expectManners(
        outcome, of: verb, isJSON: options != [], isASCII: language == "C" && options == [])
    }
  }

  /// Through script(1), which gives it a terminal.
  @Test(arguments: verbs, [["TERM": "dumb"], ["TERM": "xterm", "NO_COLOR": "1"]])
  func onATerminalWithoutColours(verb: Verb, environment: [String: String]) throws {
    try installDaemon()
    // In the foreground, where alone there is a screen to draw on.
    let heedful = "timeout --foreground --signal=INT 2 \(Self.heedful.joined(separator: " ")) "
    let limit = verb.isEndless ? heedful : ""
    let words = [BuiltClient.program.path, verb.name] + verb.arguments + ["--root", root.path]
    let command = limit + words.map { "'\($0)'" }.joined(separator: " ")
    let outcome = try BuiltClient.run(
      program: "/usr/bin/script",
      ["--quiet", "--return", "--command", "stty cols 72; \(command) </dev/null", "/dev/null"],
      environment: environment.merging(["LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"]) { $1 })
    let colours = outcome.output.matches(of: #/\x1b\[[0-9;]*m/#).filter { $0.output != "\u{1b}[0m" }
    #expect(colours.isEmpty, "\(outcome)")
    #expect(!outcome.output.isEmpty)
  }

  /// Not in systemd-journal either.
  @Test(.enabled(if: geteuid() == 0, "only root can become somebody else"), arguments: verbs)
  func asAUserWithoutRights(verb: Verb) throws {
    let prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    for options in [[], ["--json"]] {
      let outcome = try run(verb, options, prefix: prefix)
      try expectManners(outcome, of: verb, isJSON: options != [], isASCII: options == [])
    }
    try installDaemon()
    let outcome = try run(verb, ["--root", root.path], prefix: prefix)
    try expectManners(outcome, of: verb)
  }

  @Test(arguments: verbs)
  func aWrongCommandLineIsRefusedInTheSameWords(verb: Verb) throws {
    for words in [["--no-such"], ["--root"], ["a", "b", "c"]] {
      let outcome = try run(verb, words)
      let what = Comment(rawValue: "\(verb) \(words): \(outcome)")
      #expect(outcome.status == 2 && outcome.output == "", what)
      #expect(outcome.complaint.hasPrefix("oomguardctl: "), what)
      #expect(outcome.complaint.contains("\nUsage: oomguardctl \(verb.name) "), what)
    }
  }

  @Test(arguments: [
    ("statsu", "did you mean 'status'?"), ("victim", "did you mean 'victims'?"),
    ("checkconfig", "did you mean 'check-config'?"), ("unprotct", "did you mean 'unprotect'?"),
    ("frobnicate", "see which there are with: oomguardctl --help"),
  ])
  func aVerbThatThereIsNotIsNamed(word: String, remedy: String) throws {
    let refused = BuiltClient.Outcome(
      status: 2, output: "", complaint: "oomguardctl: no verb '\(word)'; \(remedy)\n")
    #expect(try BuiltClient.run([word, "--json"]) == refused)
    #expect(try BuiltClient.run(["help", word]) == refused)
  }

  /// Whatever is named on a command line and is not there.
  @Test(arguments: [
    (
      ["kills", "--since", "soon"],
      "'soon' is no time; write it as '2026-05-04 10:00', '2 hours ago', -2h or yesterday"
    ),
    (
      ["kills", "--unit", "["],
      "'[' is no unit's name: the '[' at character 1 is never closed; add ']', or write '[[]' for a plain '['"
    ),
    (["explain", "4194305"], "no process 4194305; see which there are with: ps -e"),
    (["memory", "4194305"], "no process 4194305; see which there are with: ps -e"),
    (
      ["victims", "--cgroup", "/none"],
      "no cgroup '/none'; name it as /proc/PID/cgroup does, or see them with: systemd-cgls"
    ),
    (
      ["victims", "--what-if", "ngnix=5"],
      "no process is in 'ngnix.service'; see which units there are with: systemctl"
    ),
    (["status", "databse"], "no rule 'databse'; did you mean 'database'?"),
    (
      ["unprotect", "ngnix"],
      "no rule means 'ngnix.service'; see which there are with: oomguardctl status"
    ),
    (
      ["protect", "a b", "--score", "5"],
      "'a b.service' is no name of a unit; see which there are with: systemctl list-units"
    ),
    (
      ["protect", "nginx", "--score", "-1001"],
      "a score is a number from -1000 to 1000, and -1001 is none"
    ),
    (
      ["parse", "/none"], "/none: No such file or directory; name a file that holds a kernel's log"
    ),
    (
      ["metrics", "--output", "/none/x"],
      "/none: No such file or directory; name a file in a directory that is there and may be written"
    ),
  ])
  func whatIsNotThereIsNamedWithWhatToDo(words: [String], complaint: String) throws {
    try installDaemon()
    #expect(
      try BuiltClient.run(words + ["--root", root.path])
        == .init(status: 2, output: "", complaint: "oomguardctl: \(complaint)\n"))
  }

  @Test(arguments: ["victims", "explain", "check"])
  func aConfigurationThatIsNamedHasToBeRight(verb: String) throws {
    try installDaemon()
    let pid = verb == "explain" ? ["1"] : []
    func ask(_ file: String) throws -> BuiltClient.Outcome {
      try BuiltClient.run([verb] + pid + ["--root", root.path, "--config", file]).without(root.path)
    }
    #expect(
      try ask("/none")
        == .init(
          status: 2, output: "",
          complaint: "/none: No such file or directory; write it, or name another file\n"))
    try root.write("x = 1\n", to: "bad.conf")
    let outcome = try ask("\(root.path)/bad.conf")
    #expect(outcome.status == 2 && outcome.output == "")
    #expect(outcome.complaint.hasPrefix("/bad.conf:1:1: unknown key 'x' at top level; "))
  }

  @Test(arguments: verbs.filter { !$0.isEndless })
  func aFullDiskUnderTheOutputIsToldNotIgnored(verb: Verb) throws {
    try installDaemon()
    guard try !run(verb, ["--root", root.path]).output.isEmpty else { return }
    try installDaemon()
    let outcome = try run(
      verb, ["--root", root.path], prefix: ["sh", "-c", "exec \"$@\" >/dev/full", "sh"])
    #expect(
      outcome
        == .init(
          status: 2, output: "",
          complaint: "oomguardctl: standard output: No space left on device\n"))
  }

  /// The names that scripts go by, at the top of each answer.
  private static let fields: [String: Set<String>] = [
    "status": [
      "daemon", "version", "pid", "start_ticks", "since", "written_at", "reconcile_seconds",
      "state", "dry_run",
      "config", "degraded", "rules", "pressure", "kills", "counters",
    ],
    "victims": ["scope", "scale_kb", "victims", "protected"],
    "explain": [
      "pid", "comm", "unit", "rule", "score", "base", "badness_kb", "memory", "would_be_killed",
      "fork_allowed",
    ],
    "memory": ["total_kb", "unaccounted_kb", "lines", "zones", "tmpfs", "sysv", "frees"],
    "check": ["findings"], "kills": ["kills", "source", "why"],
    "parse": ["kills", "announced_only", "killed_lines", "tasks_dumped", "lines"],
  ]

  @Test(arguments: verbs.filter { fields[$0.name] != nil })
  func theFieldsOfItsJSONAreThoseThatWerePromised(verb: Verb) throws {
    try installDaemon()
    let outcome = try run(verb, ["--json", "--root", root.path])
    let answer = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    #expect(Set(try #require(answer).keys).isSuperset(of: try #require(Self.fields[verb.name])))
  }

  /// As somebody who may change nothing, since this is the machine itself.
  @Test func amongFiveThousandProcesses() throws {
    let crowd = try ChildProcess(
      "/usr/bin/perl",
      [
        "-e", "setpgrp; for (1..5000) { $p = fork; last if !defined $p; if (!$p) { sleep 600; exit } }",
        "-e",
        "$| = 1; print qq(ready\\n); <STDIN>; <STDIN>; kill 'KILL', -$$",
      ])
    defer { crowd.end() }
    #expect(try crowd.echo("") == "ready\n")
    let prefix = geteuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
    for verb in Self.verbs {
      for options in [[], ["--json"]] {
        try expectManners(try run(verb, options, prefix: prefix), of: verb, isJSON: options != [])
      }
    }
  }
}
