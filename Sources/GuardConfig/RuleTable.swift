import GuardCore

/// `[[protect]]` and `[[sacrifice]]`.
enum RuleTable {
  private static let amountKeys = ["score", "allowance", "oom_adj"]
  /// What only `[[protect]]` has.
  private static let protectKeys = ["allowance", "scope", "allow_immune"]

  static func keys(of kind: Rule.Kind) -> [String] {
    let all = ["name"] + SelectorKeys.all + amountKeys + ["scope", "allow_immune"]
    return kind == .protect ? all : all.filter { !protectKeys.contains($0) }
  }

  /// The rules of one array of tables, but for those with a mistake.
  static func read(_ entry: TOMLEntry, _ kind: Rule.Kind, _ findings: inout Findings) -> [Rule] {
    guard case .array(let elements) = entry.node.value else {
      findings.error(
        entry.keyPosition, "'\(entry.key)' is \(entry.node.found); write each rule as [[\(entry.key)]]")
      return []
    }
    return elements.compactMap { element in
      guard case .table(let entries) = element.value else {
        findings.wrong(element, of: entry.key, write: "each rule as [[\(entry.key)]]")
        return nil
      }
      return rule(entries, at: element.position, kind, &findings)
    }
  }

  private static func rule(
    _ all: [TOMLEntry], at position: TOMLPosition, _ kind: Rule.Kind, _ findings: inout Findings
  ) -> Rule? {
    let place = "[[\(kind.rawValue)]]"
    var foreign: [String] = []
    for entry in all where kind == .sacrifice && protectKeys.contains(entry.key) {
      foreign.append(entry.key)
      findings.error(entry.keyPosition, "'\(entry.key)' belongs to [[protect]]; remove it from \(place)")
    }
    let entries = Entries(
      findings.known(all.filter { !foreign.contains($0.key) }, "in \(place)", keys(of: kind)))

    // A key that is misspelt is one mistake, and not one more for its being absent.
    let known = keys(of: kind)
    let misspelt = Set(
      all.lazy.filter { !known.contains($0.key) }.compactMap { $0.key.meant(among: known) })

    // Each is read even if the one before is wrong, so that all mistakes come out at once.
    let name = misspelt.contains("name") ? nil : name(entries, at: position, place, &findings)
    let selector =
      misspelt.isDisjoint(with: SelectorKeys.all)
      ? SelectorKeys.read(entries, at: position, place, &findings) : nil
    let immunity = entries["allow_immune"].map { findings.boolean($0) } ?? false
    let amount =
      misspelt.isDisjoint(with: amountKeys)
      ? amount(entries, at: position, kind, place, allowImmune: immunity ?? true, &findings) : nil
    let scope = scope(entries, at: position, kind, &findings)

    if let amount, let name { warnOfNames(entries, amount, rule: name, kind, &findings) }
    guard let name, let selector, let immunity, let amount, let scope else { return nil }
    return Rule(
      name: name, kind: kind, amount: amount, scope: scope.value, selector: selector, allowImmune: immunity,
      position: findings.source(position))
  }

  private static func name(
    _ entries: Entries, at position: TOMLPosition, _ place: String, _ findings: inout Findings
  ) -> String? {
    guard let entry = entries["name"] else {
      findings.error(position, "this \(place) has no 'name'; give it one, it is shown everywhere")
      return nil
    }
    guard case .string(let name) = entry.node.value, !name.isEmpty, name.utf8.printable == name else {
      findings.wrong(entry, write: "a string with at least one character and no control characters")
      return nil
    }
    if let first = findings.ruleNames[name] {
      findings.error(
        entry.node.position, "the name '\(name.shown)' is taken by the rule at \(first); choose another")
      return nil
    }
    findings.ruleNames[name] = findings.source(entry.node.position)
    return name
  }

  private static func amount(
    _ entries: Entries, at position: TOMLPosition, _ kind: Rule.Kind, _ place: String, allowImmune: Bool,
    _ findings: inout Findings
  ) -> Rule.Amount? {
    let given = amountKeys.compactMap { entries[$0] }.sorted { $0.keyPosition < $1.keyPosition }
    guard let entry = given.first else {
      let choice = kind == .protect ? "one of 'score', 'allowance' and 'oom_adj'" : "'score' or 'oom_adj'"
      findings.error(position, "this \(place) does not say how much; write \(choice)")
      return nil
    }
    if given.count > 1 {
      findings.error(given[1].keyPosition, "this \(place) has '\(entry.key)' and '\(given[1].key)'; keep one")
      return nil
    }
    if entry.key == "allowance" {
      if case .string(let text) = entry.node.value, let bytes = UInt64(configuredSize: text), bytes > 0 {
        return .allowance(bytes: bytes)
      }
      findings.wrong(
        entry, write: "a size such as \"512MiB\" or \"6GiB\", a whole number of KiB, MiB, GiB or TiB")
      return nil
    }
    let isScore = entry.key == "score"
    // A sacrifice score is a floor, and every process has at least what it would have without a rule.
    let range =
      switch kind {
      case .protect: isScore ? OOMScoreAdj.range : -17...15
      case .sacrifice: isScore ? 1...1000 : 1...15
      }
    guard let number = findings.integer(entry, in: range),
      let score = isScore ? OOMScoreAdj(number) : OOMScoreAdj(oomAdj: number)
    else { return nil }
    guard score != .immune || allowImmune else {
      findings.error(
        entry.node.position,
        "'\(entry.key)' \(number) makes the processes immune, and one of them that leaks takes the machine down; "
          + "write \(isScore ? "-999" : "-16"), or allow_immune = true if that is meant")
      return nil
    }
    return isScore ? .score(score) : .oomAdj(number)
  }

  /// The scope, which may be none, or `nil` after a mistake.
  private static func scope(
    _ entries: Entries, at position: TOMLPosition, _ kind: Rule.Kind, _ findings: inout Findings
  ) -> (value: Rule.Scope?, Void)? {
    guard kind == .protect, entries["unit"] != nil || entries["cgroup"] != nil else {
      guard let entry = entries["scope"] else { return (nil, ()) }
      findings.error(
        entry.keyPosition,
        "'scope' is for rules by 'unit' or 'cgroup', this one means every process; remove it")
      return nil
    }
    var scope = Rule.Scope.main
    if let entry = entries["scope"] {
      guard let read: Rule.Scope = findings.choice(entry) else { return nil }
      scope = read
    }
    return (scope, ())
  }

  /// A name or command line is for the process itself to choose.
  private static func warnOfNames(
    _ entries: Entries, _ amount: Rule.Amount, rule: String, _ kind: Rule.Kind, _ findings: inout Findings
  ) {
    guard kind == .protect, let entry = entries["comm"] ?? entries["cmdline"],
      entries["user"] == nil, entries["unit"] == nil, entries["exe"] == nil
    else { return }
    switch amount {
    case .score(.immune), .oomAdj(-17):
      findings.error(
        entry.node.position,
        "anybody's process can take this '\(entry.key)' and be immune; add 'unit', 'exe' or 'user' to the rule"
      )
    case .score(let score) where score >= .zero: break
    case .oomAdj(let value) where value >= 0: break
    case .score, .oomAdj, .allowance:
      findings.warning(
        entry.node.position,
        "anybody's process can take this '\(entry.key)' and be protected; add 'unit', 'exe' or 'user' to the rule",
        rule: rule)
    }
  }
}

/// The entries of one table by their keys.
struct Entries {
  private let byKey: [String: TOMLEntry]

  init(_ entries: [TOMLEntry]) { byKey = Dictionary(entries.map { ($0.key, $0) }) { first, _ in first } }

  subscript(key: String) -> TOMLEntry? { byKey[key] }
}
