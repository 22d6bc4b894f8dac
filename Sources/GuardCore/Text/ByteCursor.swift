/// Reads a line from left to right, taking one known piece after the other.
struct ByteCursor {
  /// What is not yet read.
  var rest: ArraySlice<UInt8>

  init(_ text: ArraySlice<UInt8>) { rest = text }

  var isAtEnd: Bool { rest.isEmpty }
  var next: UInt8? { rest.first }

  /// Takes `text` if it comes next.
  mutating func skip(_ text: StaticString) -> Bool {
    guard rest.matches(text, at: rest.startIndex) else { return false }
    rest = rest[(rest.startIndex + text.utf8CodeUnitCount)...]
    return true
  }

  mutating func skipBlanks() {
    while let first = rest.first, first.isBlank { rest = rest.dropFirst() }
  }

  /// Takes a decimal number, with `-` where the type is signed. Nothing is taken where none fits.
  mutating func number<Value: FixedWidthInteger>(as type: Value.Type = Value.self) -> Value? {
    var end = rest.startIndex
    if Value.isSigned, rest.first == UInt8(ascii: "-") { end += 1 }
    while end < rest.endIndex, rest[end].isDigit { end += 1 }
    guard let value = Value(ascii: rest[..<end]) else { return nil }
    rest = rest[end...]
    return value
  }

  /// Takes what comes before the next byte `stop`, and the stop itself. Nothing is taken where it does not come.
  mutating func take(until stop: UInt8) -> ArraySlice<UInt8>? {
    guard let end = rest.firstIndex(of: stop) else { return nil }
    let taken = rest[..<end]
    rest = rest[(end + 1)...]
    return taken
  }

  /// Takes so many bytes. Nothing is taken where there are fewer.
  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard rest.count >= count else { return nil }
    let taken = rest.prefix(count)
    rest = rest.dropFirst(count)
    return taken
  }

  /// Takes the bytes up to the next blank, and the blanks after them.
  mutating func word() -> ArraySlice<UInt8> {
    let end = rest.firstIndex { $0.isBlank } ?? rest.endIndex
    let word = rest[..<end]
    rest = rest[end...]
    skipBlanks()
    return word
  }
}
