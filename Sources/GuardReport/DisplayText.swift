// What text looks like on a terminal: which characters are shown, and how many columns they take.

extension String {
  /// This text fit for a terminal: control characters, and those that turn or hide what follows, as `\xNN`;
  /// where only ASCII is shown, everything else as well.
  ///
  /// Names in it were chosen by whoever started the process.
  package func shown(in appearance: Appearance) -> String {
    var text = ""
    for scalar in unicodeScalars {
      if scalar.isHarmless, appearance.hasUnicode || scalar.isASCII {
        text.unicodeScalars.append(scalar)
      } else {
        for byte in String(scalar).utf8 {
          let hex = String(byte, radix: 16)
          text += hex.count == 1 ? "\\x0\(hex)" : "\\x\(hex)"
        }
      }
    }
    return text
  }

  /// How many columns a terminal gives it.
  package var displayWidth: Int { unicodeScalars.reduce(0) { $0 + $1.displayWidth } }

  /// As much of it as fits `width` columns, its end marked where something was cut off.
  package func truncated(toWidth width: Int, ellipsis: String) -> String {
    guard displayWidth > width else { return self }
    let room = width - ellipsis.displayWidth
    // Too narrow even for the mark: no more than fits of the text itself.
    let (limit, mark) = room > 0 ? (room, ellipsis) : (width, "")
    var (text, used) = ("", 0)
    for character in self {
      let columns = String(character).displayWidth
      guard used + columns <= limit else { break }
      text.append(character)
      used += columns
    }
    return text + mark
  }

  /// Its words on lines of at most that width; a longer word is a line of its own.
  package func wrapped(toWidth width: Int) -> [String] {
    var lines: [String] = []
    for word in split(separator: " ") {
      if let last = lines.last, last.displayWidth + 1 + String(word).displayWidth <= width {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }

  package func padded(toWidth width: Int, isRightAligned: Bool = false) -> String {
    let padding = String(repeating: " ", count: max(0, width - displayWidth))
    return isRightAligned ? padding + self : self + padding
  }
}

extension Unicode.Scalar {
  fileprivate var isHarmless: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
    default: true
    }
  }

  /// 0 for marks that sit on the character before, 2 for East Asian wide and full-width characters and
  /// emoji, else 1. Source: Unicode Standard Annex #11 and, for what has no width, wcwidth(3).
  fileprivate var displayWidth: Int {
    if isASCII { return 1 }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: break
    }
    if properties.isEmojiPresentation { return 2 }
    return Self.wide.contains { $0.contains(value) } ? 2 : 1
  }

  /// The blocks whose characters are wide, whole: what is unassigned in them is wide too.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0xa4cf, 0xa960...0xa97f,
    0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6,
    0x1b000...0x1b2ff, 0x1f200...0x1f2ff, 0x1f900...0x1f9ff, 0x20000...0x2fffd, 0x30000...0x3fffd,
  ]
}
