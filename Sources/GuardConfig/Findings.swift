import GuardCore

/// What was found in one file so far, and the readers of single values that add to it.
///
/// Each reader answers `nil` after reporting a mistake, so that reading goes on and finds the next one.
struct Findings {
  let file: String
  /// Where each rule's name was given, over all files so far.
  var ruleNames: [String: SourcePosition]
  private(set) var errors: [ConfigError] = []
  private(set) var warnings: [ConfigWarning] = []

  /// More than anybody reads, and the bound on what the wrong file can cost.
  private static let mostErrors = 100

  init(file: String, ruleNames: [String: SourcePosition]) { (self.file, self.ruleNames) = (file, ruleNames) }

  func source(_ position: TOMLPosition) -> SourcePosition {
    SourcePosition(file: file, line: position.line, column: position.column)
  }

  mutating func error(_ position: TOMLPosition, _ message: String) {
    guard errors.count <= Self.mostErrors else { return }
    let message = errors.count == Self.mostErrors ? "there are more mistakes; mend these first" : message
    errors.append(ConfigError(position: source(position), message: message))
  }

  mutating func warning(_ position: TOMLPosition, _ message: String, rule: String) {
    warnings.append(ConfigWarning(position: source(position), message: message, rule: rule))
  }

  mutating func wrong(_ entry: TOMLEntry, write expected: String) {
    wrong(entry.node, of: entry.key, write: expected)
  }

  mutating func wrong(_ node: TOMLNode, of key: String, write expected: String) {
    error(node.position, "'\(key)' is \(node.found); write \(expected)")
  }

  mutating func unknownKey(_ entry: TOMLEntry, _ place: String, _ keys: [String]) {
    let home = Self.homes.first { $0.keys.contains(entry.key) }?.table
    let remedy =
      if let nearest = entry.key.meant(among: keys) {
        "did you mean '\(nearest)'?"
      } else if let home {
        "it belongs in \(home)"
      } else {
        "the keys here are \(keys.map { "'\($0)'" }.joined(separator: ", "))"
      }
    error(entry.keyPosition, "unknown key '\(entry.key.shown)' \(place); \(remedy)")
  }

  private static let homes = [
    (table: "[guard]", keys: GuardTable.keys), (table: "[pressure]", keys: PressureTable.keys),
    (table: "[notify]", keys: NotifyTable.keys),
    (table: "[[protect]]", keys: RuleTable.keys(of: .protect)),
  ]

  /// The entries of a table such as `[guard]`, of which only `keys` are known.
  mutating func table(_ entry: TOMLEntry, _ keys: [String]) -> [TOMLEntry]? {
    guard case .table(let entries) = entry.node.value else {
      error(entry.keyPosition, "'\(entry.key)' is \(entry.node.found); write it as the table [\(entry.key)]")
      return nil
    }
    return known(entries, "in [\(entry.key)]", keys)
  }

  mutating func known(_ entries: [TOMLEntry], _ place: String, _ keys: [String]) -> [TOMLEntry] {
    for entry in entries where !keys.contains(entry.key) { unknownKey(entry, place, keys) }
    return entries.filter { keys.contains($0.key) }
  }

  mutating func boolean(_ entry: TOMLEntry) -> Bool? {
    if case .boolean(let truth) = entry.node.value { return truth }
    wrong(entry, write: "true or false")
    return nil
  }

  mutating func integer(_ entry: TOMLEntry, in range: ClosedRange<Int>) -> Int? {
    if case .integer(let number) = entry.node.value, let number = Int(exactly: number), range.contains(number)
    {
      return number
    }
    wrong(entry, write: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    return nil
  }

  mutating func duration(_ entry: TOMLEntry, in range: ClosedRange<Duration>) -> Duration? {
    if case .string(let text) = entry.node.value, let length = Duration(configured: text),
      range.contains(length)
    {
      return length
    }
    let (shortest, longest) = (range.lowerBound.configured, range.upperBound.configured)
    wrong(
      entry, write: "a duration from \"\(shortest)\" to \"\(longest)\", a whole number of ms, s, min or h")
    return nil
  }

  mutating func choice<Value: RawRepresentable<String> & CaseIterable>(_ entry: TOMLEntry) -> Value? {
    if case .string(let text) = entry.node.value, let value = Value(rawValue: text) { return value }
    let names = Value.allCases.map { "\"\($0.rawValue)\"" }
    wrong(entry, write: "one of \(names.joined(separator: ", "))")
    return nil
  }

  /// A string or an array of them, each with its place; `nil` after a mistake, never empty.
  mutating func strings(_ entry: TOMLEntry) -> [(text: String, position: TOMLPosition)]? {
    guard let nodes = values(entry) else { return nil }
    var texts: [(String, TOMLPosition)] = []
    for node in nodes {
      guard case .string(let text) = node.value else {
        wrong(node, of: entry.key, write: "a string or an array of strings")
        return nil
      }
      texts.append((text, node.position))
    }
    return texts
  }

  /// The elements of an array, or a single value as the only element.
  mutating func values(_ entry: TOMLEntry) -> [TOMLNode]? {
    guard case .array(let elements) = entry.node.value else { return [entry.node] }
    guard elements.isEmpty else { return elements }
    error(entry.node.position, "'\(entry.key)' is an empty array; write what it should match, or remove it")
    return nil
  }
}
