// Searching kernel text without turning it into String: a log may hold any bytes, and 100 MB of them.

extension ArraySlice<UInt8> {
  /// Whether `text` stands at `position`; a position outside the slice is no match.
  package func matches(_ text: StaticString, at position: Int) -> Bool {
    let count = text.utf8CodeUnitCount
    guard position >= startIndex, position <= endIndex, endIndex - position >= count else { return false }
    return text.withUTF8Buffer { wanted in
      for offset in 0..<count where unsafe self[position + offset] != wanted[offset] { return false }
      return true
    }
  }

  /// Where `text` first begins at or after `start`.
  package func position(of text: StaticString, from start: Int? = nil) -> Int? {
    var position = Swift.max(start ?? startIndex, startIndex)
    let last = endIndex - text.utf8CodeUnitCount
    while position <= last {
      if matches(text, at: position) { return position }
      position += 1
    }
    return nil
  }

  /// Where `text` last begins, wholly before `end`.
  package func lastPosition(of text: StaticString, before end: Int? = nil) -> Int? {
    var position = Swift.min(end ?? endIndex, endIndex) - text.utf8CodeUnitCount
    while position >= startIndex {
      if matches(text, at: position) { return position }
      position -= 1
    }
    return nil
  }

  package func ends(with text: StaticString) -> Bool { matches(text, at: endIndex - text.utf8CodeUnitCount) }

  /// Without the blanks, tabs and line ends around it.
  package var trimmed: ArraySlice<UInt8> {
    var rest = self
    while let first = rest.first, first.isBlank { rest = rest.dropFirst() }
    while let last = rest.last, last.isBlank { rest = rest.dropLast() }
    return rest
  }

  package func equals(_ text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount && matches(text, at: startIndex)
  }
}

extension UInt8 {
  package var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }
  package var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }
  /// A blank, a tab, or what ends a line.
  package var isBlank: Bool { self == 0x20 || (0x09...0x0d).contains(self) }

  /// The value of a hexadecimal digit.
  package var hexValue: UInt8? {
    if isDigit { return self - UInt8(ascii: "0") }
    let letter = (self | 0x20) &- UInt8(ascii: "a")
    return letter < 6 ? letter + 10 : nil
  }
}
