package import GuardCore

/// TOML to ``Config``: finds every mistake and says how to mend it.
package enum ConfigReader {
  /// Beyond any configuration, and the bound on what a file put there by mistake can cost.
  static let largestFile = 1 << 20

  /// Reads `files` in the order in which they count: later ones override single keys and add rules.
  ///
  /// - Throws: all mistakes in all files; that none of them says anything is one.
  package static func read(_ files: [ConfigFile]) throws(ConfigErrors) -> Config {
    var config = Config()
    var errors: [ConfigError] = []
    var names: [String: SourcePosition] = [:]
    var saysSomething = false
    var notify = NotifyTable()
    for file in files {
      var findings = Findings(file: file.name, ruleNames: names)
      if read(file, into: &config, &notify, &findings) { saysSomething = true }
      names = findings.ruleNames
      errors += findings.errors.inOrder(of: \.position)
      config.warnings += findings.warnings.inOrder(of: \.position)
      config.files.append(file.name)
    }
    do throws(ConfigError) {
      config.notify = try notify.settings()
    } catch {
      errors.append(error)
    }
    guard errors.isEmpty else { throw ConfigErrors(errors) }
    if let main = files.first, config.rules.isEmpty {
      let position = SourcePosition(file: main.name, line: 1, column: 1)
      let advice = "write a [[protect]] or [[sacrifice]]"
      // A file without a word was hardly meant; settings alone are an oomguard that only tells of kills.
      guard saysSomething else {
        throw ConfigErrors([ConfigError(position: position, message: "the configuration is empty; \(advice)")]
        )
      }
      config.warnings.append(
        ConfigWarning(position: position, message: "there is no rule, so nothing is protected; \(advice)"))
    }
    return config
  }

  /// - Returns: whether there is anything in it.
  private static func read(
    _ file: ConfigFile, into config: inout Config, _ notify: inout NotifyTable, _ findings: inout Findings
  ) -> Bool {
    guard file.bytes.count <= largestFile else {
      let start = TOMLPosition(line: 1, column: 1)
      findings.error(
        start,
        "it has \(file.bytes.count) bytes; a configuration has at most \(largestFile), name the right file")
      return true
    }
    if let (byte, position) = file.bytes.firstOutsideUTF8 {
      findings.error(position, "the byte 0x\(String(byte, radix: 16)) is not UTF-8; save the file as UTF-8")
      return true
    }
    let root: TOMLNode
    do throws(TOMLError) {
      root = try TOMLDocument(file.bytes).root()
    } catch {
      findings.error(
        error.position,
        "not valid TOML: \(error.message.lowercasedFirst); correct it as https://toml.io/en/v1.0.0 says")
      return true
    }
    guard case .table(let entries) = root.value else { return false }
    var rules: [Rule] = []
    for entry in entries {
      switch entry.key {
      case "guard":
        if let table = findings.table(entry, GuardTable.keys) {
          GuardTable.read(table, into: &config, &findings)
        }
      case "pressure":
        if let table = findings.table(entry, PressureTable.keys) {
          PressureTable.read(table, into: &config.pressure, &findings)
        }
      case "notify":
        if let table = findings.table(entry, NotifyTable.keys) { notify.read(table, at: entry, &findings) }
      case "protect": rules += RuleTable.read(entry, .protect, &findings)
      case "sacrifice": rules += RuleTable.read(entry, .sacrifice, &findings)
      default:
        findings.unknownKey(entry, "at top level", ["guard", "pressure", "notify", "protect", "sacrifice"])
      }
    }
    // The two kinds are two arrays in TOML, but which rule comes first matters across them.
    config.rules += rules.inOrder(of: \.position)
    return !entries.isEmpty
  }
}

extension Array {
  fileprivate func inOrder(of position: (Element) -> SourcePosition) -> [Element] {
    sorted { left, right in
      let (left, right) = (position(left), position(right))
      return (left.line, left.column) < (right.line, right.column)
    }
  }
}

extension String {
  fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}

extension [UInt8] {
  /// The first byte that is not UTF-8, and its place.
  fileprivate var firstOutsideUTF8: (UInt8, TOMLPosition)? {
    guard String(validating: self, as: UTF8.self) == nil else { return nil }
    var position = TOMLPosition(line: 1, column: 1)
    var parser = Unicode.UTF8.ForwardParser()
    var bytes = makeIterator()
    var offset = 0
    while case .valid(let scalar) = parser.parseScalar(from: &bytes) {
      offset += scalar.count
      let isNewline = scalar.first == UInt8(ascii: "\n")
      position = TOMLPosition(
        line: position.line + (isNewline ? 1 : 0), column: isNewline ? 1 : position.column + 1)
    }
    return offset < count ? (self[offset], position) : nil
  }
}
