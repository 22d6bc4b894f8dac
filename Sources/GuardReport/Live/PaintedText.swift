// Lines that may have colours in them already: `ESC [ … m`, as Appearance.paint(_:_:) writes it and nothing else.

extension String {
  /// Columns that a terminal gives it.
  var visibleWidth: Int { visiblePieces.reduce(0) { $0 + ($1.isCode ? 0 : $1.text.displayWidth) } }

  func visiblyPadded(toWidth width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - visibleWidth))
  }

  /// As much of it as fits; colours are ended where the text is.
  func clipped(toWidth width: Int) -> String {
    guard visibleWidth > width else { return self }
    var (text, used, isPainted) = ("", 0, false)
    for (piece, isCode) in visiblePieces {
      if isCode {
        text += piece
        isPainted = piece != "\u{1b}[0m"
        continue
      }
      for character in piece {
        let columns = String(character).displayWidth
        guard used + columns <= width else { return text + (isPainted ? "\u{1b}[0m" : "") }
        text.append(character)
        used += columns
      }
    }
    return text
  }

  private var visiblePieces: [(text: String, isCode: Bool)] {
    var pieces: [(String, Bool)] = []
    var rest = self[...]
    while let escape = rest.firstIndex(of: "\u{1b}") {
      if escape > rest.startIndex { pieces.append((String(rest[..<escape]), false)) }
      let end = rest[escape...].firstIndex(of: "m").map { rest.index(after: $0) } ?? rest.endIndex
      pieces.append((String(rest[escape..<end]), true))
      rest = rest[end...]
    }
    return rest.isEmpty ? pieces : pieces + [(String(rest), false)]
  }
}
