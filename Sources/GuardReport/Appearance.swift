/// How an answer may look where it is going: how wide, in which letters, with colour or without.
package struct Appearance: Equatable, Sendable {
  /// In columns; `nil` where nothing limits it, as in a pipe.
  package var width: Int?
  package var hasColour: Bool
  /// Whether more than ASCII can be shown.
  package var hasUnicode: Bool

  /// Below this no table can be read; a narrower terminal wraps instead.
  private static let minimumWidth = 40

  package init(width: Int? = nil, hasColour: Bool = false, hasUnicode: Bool = true) {
    (self.width, self.hasColour, self.hasUnicode) = (width, hasColour, hasUnicode)
  }

  /// - Parameters:
  ///   - terminalColumns: of standard output; `nil` if it is no terminal, 0 if a terminal does not say.
  ///   - environment: looks a variable up.
  package init(terminalColumns: Int?, environment: (String) -> String?) {
    let columns = terminalColumns.map { $0 > 0 ? $0 : 80 }
    width = columns.map { max($0, Self.minimumWidth) }
    // https://no-color.org: any value counts, except the empty one.
    let isPlain = environment("NO_COLOR").map { !$0.isEmpty } ?? false
    hasColour = terminalColumns != nil && Self.isDrawable(environment) && !isPlain
    // The first that is set and not empty counts: locale(7).
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(environment).first { !$0.isEmpty } ?? "C"
    let name = locale.lowercased()
    hasUnicode = name.contains("utf-8") || name.contains("utf8")
  }

  /// Whether a terminal takes more than lines: colours, and text at any place.
  package static func isDrawable(_ environment: (String) -> String?) -> Bool {
    let terminal = environment("TERM") ?? "dumb"
    return terminal != "dumb" && !terminal.isEmpty
  }

  /// `text` in its colour, where colours are shown.
  package func paint(_ text: String, _ colour: Colour?) -> String {
    guard hasColour, let colour, !text.isEmpty else { return text }
    return "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m"
  }

  /// Stands for what was cut off.
  package var ellipsis: String { hasUnicode ? "…" : "..." }
}

/// Colours by what they mean; the values are those of ECMA-48, "select graphic rendition".
package enum Colour: String, Sendable {
  case good = "32"
  case caution = "33"
  case bad = "1;31"
  /// Headings: bold, not a colour.
  case heading = "1"
}
