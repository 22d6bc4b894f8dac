/// Something typed at a terminal.
package enum Key: Equatable, Sendable {
  case character(Character)
  case enter, backspace, escape
  /// Control-U: all that was typed.
  case eraseLine
  /// The terminal says that it is well: nobody typed it.
  case report
  /// An arrow, a function key: nothing that means anything here.
  case other
}

/// Makes keys of the bytes a terminal sends; a key may be of several, which need not come together.
package struct KeyReader: Sendable {
  private var pending: [UInt8] = []

  /// More than any sequence or character has; what is longer is no key.
  private static let longest = 32

  package init() {}

  /// The keys that are complete now.
  ///
  /// An escape with nothing behind it is the key Escape: a terminal sends a sequence in one piece.
  package mutating func keys(_ bytes: some Sequence<UInt8>) -> [Key] {
    pending += bytes
    var keys: [Key] = []
    while let (key, length) = next() {
      pending.removeFirst(length)
      keys.append(key)
    }
    if pending.count > Self.longest { pending = [] }
    return keys
  }

  private func next() -> (Key, length: Int)? {
    guard let first = pending.first else { return nil }
    switch first {
    case 0x0d, 0x0a: return (.enter, 1)
    case 0x7f, 0x08: return (.backspace, 1)
    case 0x15: return (.eraseLine, 1)
    case 0x1b: return escape()
    case 0..<0x20: return (.other, 1)
    default: return character(first)
    }
  }

  /// ECMA-48: `ESC [`, parameters, and a final byte from `@` on; `ESC O` and one; else Alt and a key.
  private func escape() -> (Key, length: Int)? {
    guard pending.count > 1 else { return (.escape, 1) }
    switch pending[1] {
    case UInt8(ascii: "["):
      guard let end = pending.dropFirst(2).firstIndex(where: { (0x40...0x7e).contains($0) }) else {
        return nil
      }
      return (pending[...end].elementsEqual("\u{1b}[0n".utf8) ? .report : .other, end + 1)
    case UInt8(ascii: "O"): return pending.count > 2 ? (.other, 3) : nil
    case 0x1b: return (.escape, 1)
    default: return (.other, 2)
    }
  }

  private func character(_ first: UInt8) -> (Key, length: Int)? {
    let length =
      switch first {
      case ..<0x80: 1
      case 0xc0..<0xe0: 2
      case 0xe0..<0xf0: 3
      case 0xf0..<0xf8: 4
      // A byte of the middle without its beginning.
      default: 0
      }
    guard length > 0 else { return (.other, 1) }
    guard pending.count >= length else { return nil }
    guard let text = String(validating: pending.prefix(length), as: UTF8.self), let character = text.first
    else {
      return (.other, 1)
    }
    return (.character(character), length)
  }
}
