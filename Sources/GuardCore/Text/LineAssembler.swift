/// Makes lines of a text that comes in pieces of any size.
struct LineAssembler: Sendable {
  private var partial: [UInt8] = []

  // Of smaps a mapping's first line holds a path of up to 4096 bytes, most of which may be escaped as four each.
  private static let limit = 32_768

  /// Hands over each line that is whole by now, without its newline; of one that is too long, the beginning.
  mutating func read(_ piece: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>) -> Void) {
    var rest = piece
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      if partial.isEmpty {
        body(rest[..<end])
      } else {
        keep(rest[..<end])
        body(partial[...])
        partial = []
      }
      rest = rest[(end + 1)...]
    }
    keep(rest)
  }

  private mutating func keep(_ piece: ArraySlice<UInt8>) {
    partial += piece.prefix(max(0, Self.limit - partial.count))
  }
}
