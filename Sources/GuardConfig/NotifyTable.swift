import GuardCore

/// `[notify]`, over all files: each may override single keys.
struct NotifyTable {
  static let keys = ["command", "events", "timeout"]

  private var command: (words: [String], position: SourcePosition)?
  private var events: Set<EventKind>?
  private var timeout: Duration?
  /// The first table, for a message about what none of them has; `nil` if there is none.
  private var position: SourcePosition?
  /// A command was written, if only a wrong one.
  private var hasCommand = false

  mutating func read(_ entries: [TOMLEntry], at table: TOMLEntry, _ findings: inout Findings) {
    position = position ?? findings.source(table.node.position)
    for entry in entries {
      switch entry.key {
      case "command":
        hasCommand = true
        if let words = Self.command(entry, &findings) {
          command = (words, findings.source(entry.node.position))
        }
      case "events": events = Self.events(entry, &findings) ?? events
      default:
        let range = Duration.seconds(1)...Duration.seconds(600)
        timeout = findings.duration(entry, in: range) ?? timeout
      }
    }
  }

  /// - Throws: when there is a table but no command in any.
  func settings() throws(ConfigError) -> NotifySettings? {
    guard let position else { return nil }
    guard let command else {
      // A wrong one has been told of.
      if hasCommand { return nil }
      throw ConfigError(
        position: position,
        message: "[notify] has no 'command'; write one, such as command = [\"/usr/local/bin/page-me\"]")
    }
    var settings = NotifySettings(command: command.words, position: command.position)
    if let events { settings.events = events }
    if let timeout { settings.timeout = timeout }
    return settings
  }

  private static func command(_ entry: TOMLEntry, _ findings: inout Findings) -> [String]? {
    let expected = "an array of the program's absolute path and its arguments"
    guard case .array(let nodes) = entry.node.value, !nodes.isEmpty else {
      findings.wrong(entry, write: expected)
      return nil
    }
    var words: [String] = []
    for node in nodes {
      guard case .string(let word) = node.value, !word.utf8.contains(0) else {
        findings.wrong(node, of: entry.key, write: expected)
        return nil
      }
      words.append(word)
    }
    guard words[0].hasPrefix("/"), !words[0].hasSuffix("/") else {
      findings.error(
        nodes[0].position,
        "'command' runs '\(words[0].shown)'; write the program's absolute path, and a shell with -c if it takes one"
      )
      return nil
    }
    return words
  }

  private static func events(_ entry: TOMLEntry, _ findings: inout Findings) -> Set<EventKind>? {
    let known = EventKind.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    if case .array(let nodes) = entry.node.value, nodes.isEmpty {
      findings.wrong(entry, write: "some of \(known)")
      return nil
    }
    guard let names = findings.strings(entry) else { return nil }
    var events: Set<EventKind> = []
    for name in names {
      guard let kind = EventKind(rawValue: name.text) else {
        findings.error(name.position, "there is no event '\(name.text.shown)'; write some of \(known)")
        return nil
      }
      events.insert(kind)
    }
    return events
  }
}
