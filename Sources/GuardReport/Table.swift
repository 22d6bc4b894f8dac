/// Rows under headings, aligned by what a terminal shows; on a narrow one without what can be done without, and cut to its
/// width.
package struct Table: Sendable {
  package struct Column: Sendable {
    package var title: String
    package var isRightAligned: Bool
    /// Whether its text may be cut when the table is too wide: names may, numbers may not.
    package var canShrink: Bool
    /// Whether it is left out, the first such column first, before others are cut to next to nothing.
    package var isOptional: Bool

    package init(
      _ title: String, isRightAligned: Bool = false, canShrink: Bool = false, isOptional: Bool = false
    ) {
      self.title = title
      (self.isRightAligned, self.canShrink, self.isOptional) = (isRightAligned, canShrink, isOptional)
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
  /// Names that are cut to less than this are hard to tell apart.
  private static let readableColumn = 16
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
    let limit = appearance.width.map { $0 - indent }
    let natural = natural(shown)
    let kept = kept(natural, in: limit)
    let columns = kept.map { self.columns[$0] }
    let widths = fitted(kept.map { natural[$0] }, columns, to: limit)
    return shown.map { row in
      var line = String(repeating: " ", count: indent)
      // Padding is held back until there is something after it.
      var padding = ""
      let cells = kept.filter(row.indices.contains).map { row[$0] }
      for (index, (cell, width)) in zip(cells, widths).enumerated() {
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

  private static func total(_ widths: [Int]) -> Int {
    widths.reduce(0, +) + gap.count * max(0, widths.count - 1)
  }

  /// The columns that are shown.
  private func kept(_ natural: [Int], in limit: Int?) -> [Int] {
    var kept = Array(columns.indices)
    guard let limit else { return kept }
    let readable = kept.map { columns[$0].canShrink ? min(natural[$0], Self.readableColumn) : natural[$0] }
    while Self.total(kept.map { readable[$0] }) > limit,
      let next = kept.firstIndex(where: { columns[$0].isOptional })
    {
      kept.remove(at: next)
    }
    return kept
  }

  /// Takes from the widest column that may shrink, for as long as the table is too wide.
  private func fitted(_ natural: [Int], _ columns: [Column], to limit: Int?) -> [Int] {
    guard let limit else { return natural }
    var widths = natural
    var excess = Self.total(natural) - limit
    while excess > 0 {
      let candidates = columns.indices.filter { columns[$0].canShrink && widths[$0] > Self.minimumColumn }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }
}
