/// Goes through the text of a pattern; knows the bracket expressions that globs and regular expressions share.
struct PatternReader {
  private let scalars: [Unicode.Scalar]
  private(set) var index = 0

  init(_ pattern: String) { scalars = Array(pattern.unicodeScalars) }

  /// The scalar `distance` places ahead.
  func peek(_ distance: Int = 0) -> Unicode.Scalar? {
    index + distance < scalars.count ? scalars[index + distance] : nil
  }

  mutating func next() -> Unicode.Scalar? {
    defer { index = min(index + 1, scalars.count) }
    return peek()
  }

  /// Steps over `text` if it is what comes next.
  mutating func take(_ text: String) -> Bool {
    guard scalars[index...].starts(with: text.unicodeScalars) else { return false }
    index += text.unicodeScalars.count
    return true
  }

  /// The rest of `[…]` after its opening bracket.
  ///
  /// - Parameter negations: what negates the set if it comes first.
  /// - Parameter escapes: whether programs disagree on a backslash in there, so that only `\\` may be meant.
  mutating func bracket(negations: [Unicode.Scalar], escapes: Bool) throws(PatternError) -> ScalarSet {
    let opening = index
    var set = ScalarSet(ranges: [])
    if let first = peek(), negations.contains(first) {
      set.isNegated = true
      index += 1
    }
    let start = index
    while true {
      guard let first = next() else {
        throw PatternError(
          "the '[' at character \(opening) is never closed; add ']', or write '[[]' for a plain '['")
      }
      // As the first one a "]" stands for itself.
      if first == "]", index - 1 > start { return set }
      if first == "[", let kind = peek(), [":", ".", "="].contains(kind) {
        set.ranges += try classRanges(kind)
        continue
      }
      if first == "-", index - 1 > start, peek() != "]" {
        throw PatternError(
          "the '-' at character \(index) could mean two things; write it last in its brackets")
      }
      let low = try element(first, escapes)
      guard peek() == "-", let after = peek(1), after != "]" else {
        set.ranges.append(low...low)
        continue
      }
      index += 2
      if after == "[", let kind = peek(), [":", ".", "="].contains(kind) {
        throw PatternError("the range at character \(index) ends in a class; a range needs two characters")
      }
      let high = try element(after, escapes)
      guard low <= high else {
        throw PatternError("the range that ends at character \(index) runs backwards; swap its ends")
      }
      set.ranges.append(low...high)
    }
  }

  private mutating func element(_ scalar: Unicode.Scalar, _ escapes: Bool) throws(PatternError) -> UInt32 {
    if escapes, scalar == "\\" {
      guard take("\\") else {
        throw PatternError(
          "the '\\' at character \(index) is within brackets; remove it, or write '\\\\' for a backslash")
      }
    }
    return scalar.value
  }

  private mutating func classRanges(_ kind: Unicode.Scalar) throws(PatternError) -> [ClosedRange<UInt32>] {
    let start = index
    index += 1
    var name = ""
    while let scalar = peek(), scalar.properties.isAlphabetic {
      name.unicodeScalars.append(scalar)
      index += 1
    }
    guard kind == ":", take(":]"), let ranges = ScalarSet.posixClass(name) else {
      throw PatternError(
        "the class at character \(start) is not known; the classes are [:alnum:], [:alpha:], [:blank:], "
          + "[:cntrl:], [:digit:], [:graph:], [:lower:], [:print:], [:punct:], [:space:], [:upper:] and [:xdigit:]"
      )
    }
    return ranges
  }
}
