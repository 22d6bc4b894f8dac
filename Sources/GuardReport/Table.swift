/// Rows under headings, aligned by what a terminal shows, cut to its width.
package struct Table: Sendable {
  package struct Column: Sendable {
    package var title: String
    package var isRightAligned: Bool
    /// Whether its text may be cut when the table is too wide: names may, numbers may not.
    package var canShrink: Bool

    package init(_ title: String, isRightAligned: Bool = false, canShrink: Bool = false) {
      (self.title, self.isRightAligned, self.canShrink) = (title, isRightAligned, canShrink)
    }
  }

  package struct Cell: Sendable, ExpressibleByStringLiteral {
    package var text: String
    package var colour: Colour?

    package init(_ text: String, _ colour: Colour? = nil) { (self.text, self.colour) = (text, colour) }
    package init(stringLiteral text: String) { self.init(text) }
  }

  /// A column is cut to no less than this.
  private static let minimumColumn = 8
  private static let gap = "  "

  package var columns: [Column]
  /// Cells beyond the columns are not shown; missing ones are empty.
  package var rows: [[Cell]] = []

  package init(_ columns: [Column]) { self.columns = columns }

  /// One line a row, the headings first, each without spaces at its end.
  package func lines(in appearance: Appearance, indent: Int = 0) -> [String] {
    let headings = columns.map { Cell($0.title, .heading) }
    let shown = ([headings] + rows).map { row in
      row.map { Cell($0.text.shown(in: appearance), $0.colour) }
    }
    let widths = fitted(natural(shown), to: appearance.width.map { $0 - indent })
    return shown.map { row in
      var line = String(repeating: " ", count: indent)
      // Padding is held back until there is something after it.
      var padding = ""
      for (index, (cell, width)) in zip(row, widths).enumerated() {
        let text = cell.text.truncated(toWidth: width, ellipsis: appearance.ellipsis)
        let spare = String(repeating: " ", count: max(0, width - text.displayWidth))
        if !text.isEmpty {
          line += padding + (columns[index].isRightAligned ? spare : "") + appearance.paint(text, cell.colour)
          padding = columns[index].isRightAligned ? Self.gap : spare + Self.gap
        } else {
          padding += spare + Self.gap
        }
      }
      return line
    }
  }

  private func natural(_ rows: [[Cell]]) -> [Int] {
    columns.indices.map { index in
      rows.map { index < $0.count ? $0[index].text.displayWidth : 0 }.max() ?? 0
    }
  }

  /// Takes from the widest column that may shrink, for as long as the table is too wide.
  private func fitted(_ natural: [Int], to limit: Int?) -> [Int] {
    guard let limit else { return natural }
    var widths = natural
    var excess = natural.reduce(0, +) + Self.gap.count * max(0, columns.count - 1) - limit
    while excess > 0 {
      let candidates = columns.indices.filter { columns[$0].canShrink && widths[$0] > Self.minimumColumn }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }
}
