/// Finds the few places in a large log that can matter, 8 bytes at a time.
///
/// What an OOM report cannot do without holds `ill` (`oom-kill`, `Kill process`, `killed`, `killable`), or, the
/// head and the rows of a task table, `]` with a blank and a blank or digit behind it.
package struct LogScan {
  /// Where the first such place is.
  package private(set) var candidate: Int?
  /// Newlines from the start up to it, or to the end.
  package private(set) var newlines = 0

  package init(_ text: ArraySlice<UInt8>) {
    let base = text.startIndex
    unsafe text.withUnsafeBytes { bytes in
      var position = 0
      // The words' newlines, a count in each byte: it is emptied before one can overflow.
      var counts: UInt64 = 0
      var room = 255
      var previous: UInt64 = 0
      while position + 8 <= bytes.count {
        let word = UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        let isL = Self.places(of: UInt8(ascii: "l"), in: word)
        let isPairOfL = isL & (isL << 8 | previous >> 56)
        previous = isL
        if isPairOfL | Self.places(of: UInt8(ascii: "]"), in: word) != 0 {
          for index in position..<position + 8 {
            if unsafe Self.isCandidate(bytes, index) {
              candidate = base + index
              break
            }
            if unsafe bytes[index] == UInt8(ascii: "\n") { newlines += 1 }
          }
          if candidate != nil { break }
        } else {
          counts &+= Self.places(of: UInt8(ascii: "\n"), in: word) >> 7
          room -= 1
          if room == 0 {
            newlines += Self.sum(counts)
            (counts, room) = (0, 255)
          }
        }
        position += 8
      }
      newlines += Self.sum(counts)
      while candidate == nil, position < bytes.count {
        if unsafe Self.isCandidate(bytes, position) { candidate = base + position }
        if unsafe bytes[position] == UInt8(ascii: "\n") { newlines += 1 }
        position += 1
      }
    }
  }

  private static func isCandidate(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Bool {
    switch unsafe bytes[index] {
    case UInt8(ascii: "l"):
      return unsafe index >= 2 && bytes[index - 1] == UInt8(ascii: "l")
        && bytes[index - 2] == UInt8(ascii: "i")
    case UInt8(ascii: "]"):
      guard index + 2 < bytes.count, unsafe bytes[index + 1] == 0x20 else { return false }
      return unsafe bytes[index + 2] == 0x20 || bytes[index + 2].isDigit
    default:
      return false
    }
  }

  /// 0x80 in each byte of `word` that is `byte`, 0 in the others.
  private static func places(of byte: UInt8, in word: UInt64) -> UInt64 {
    let low: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
    let difference = word ^ (UInt64(byte) &* 0x0101_0101_0101_0101)
    return ~(((difference & low) &+ low) | difference | low)
  }

  /// The sum of a word's eight bytes.
  private static func sum(_ counts: UInt64) -> Int {
    let pairs = (counts & 0x00ff_00ff_00ff_00ff) &+ (counts >> 8 & 0x00ff_00ff_00ff_00ff)
    return Int((pairs &* 0x0001_0001_0001_0001) >> 48)
  }
}
