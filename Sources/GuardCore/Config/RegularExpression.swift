/// A POSIX-like extended regular expression, searched for anywhere in a text; see regex(7).
///
/// Characters, `.`, `[…]` with ranges and classes, `^` and `$`, `(…)`, `|`, `*`, `+`, `?`, `{m,n}`; besides
/// them `\d`, `\s`, `\w`, their opposites, `\b` and `\B`. The text is UTF-8; a byte that is not counts as one
/// character. Nothing needs backtracking: see ``Automaton``.
package struct RegularExpression: Equatable, Sendable {
  package let pattern: String
  private let automaton: Automaton

  /// The most groups within each other, so that reading a pattern cannot exhaust the stack.
  static let deepestNesting = 50
  /// The highest number within `{…}`, POSIX's own RE_DUP_MAX; see regex(7).
  static let mostRepeats = 255

  /// - Throws: ``PatternError`` that names what is malformed, unknown or too large.
  package init(_ pattern: String) throws(PatternError) {
    guard !pattern.isEmpty else { throw PatternError("it is empty and matches everything; write a pattern") }
    self.pattern = pattern
    var reader = PatternReader(pattern)
    let node = try reader.choice(depth: 0)
    guard reader.peek() == nil else {
      throw PatternError(
        "the ')' at character \(reader.index + 1) closes nothing; remove it, or write '\\)' for a plain ')'")
    }
    automaton = try Automaton(node)
  }

  package static func == (left: Self, right: Self) -> Bool { left.pattern == right.pattern }

  /// Whether the pattern occurs anywhere in `text`. The work is at most the length of the text times the
  /// size of the pattern with its `{m,n}` written out.
  package func matches(_ text: some Collection<UInt8>) -> Bool {
    var steps = 0
    return matches(text, steps: &steps)
  }

  func matches(_ text: some Collection<UInt8>, steps: inout Int) -> Bool {
    automaton.occurs(in: text, steps: &steps)
  }
}

extension PatternReader {
  fileprivate mutating func choice(depth: Int) throws(PatternError) -> Automaton.Node {
    var alternatives = [try sequence(depth: depth)]
    while take("|") { alternatives.append(try sequence(depth: depth)) }
    guard alternatives.count > 1 else { return alternatives[0] }
    if alternatives.contains(.sequence([])) {
      throw PatternError(
        "there is nothing beside a '|' before character \(index + 1); remove it, or make the group optional with '?'"
      )
    }
    return .choice(alternatives)
  }

  private mutating func sequence(depth: Int) throws(PatternError) -> Automaton.Node {
    var parts: [Automaton.Node] = []
    while let scalar = peek(), scalar != "|", scalar != ")" {
      let part = try atom(depth: depth)
      guard let (atLeast, atMost) = try repeats() else {
        parts.append(part)
        continue
      }
      if case .condition = part {
        throw PatternError(
          "the repeat that ends at character \(index) follows a place, not a character; remove it")
      }
      parts.append(.repeated(part, atLeast: atLeast, atMost: atMost))
    }
    return .sequence(parts)
  }

  private mutating func atom(depth: Int) throws(PatternError) -> Automaton.Node {
    guard let scalar = next() else { return .sequence([]) }
    switch scalar {
    case ".": return .set(.any)
    case "^": return .condition(.textBegins)
    case "$": return .condition(.textEnds)
    case "[": return .set(try bracket(negations: ["^"], escapes: true))
    case "\\": return try escape()
    case "(": return try group(depth: depth)
    case "*", "+", "?", "{":
      throw PatternError(
        "the '\(scalar)' at character \(index) repeats nothing; write '\\\(scalar)' for a plain '\(scalar)'")
    default: return .scalar(scalar.value)
    }
  }

  private mutating func group(depth: Int) throws(PatternError) -> Automaton.Node {
    let opening = index
    guard depth < RegularExpression.deepestNesting else {
      throw PatternError(
        "more than \(RegularExpression.deepestNesting) groups lie within each other; write it simpler")
    }
    if peek() == "?" {
      let what =
        if take("?:") {
          "'(?:' is not known; write '('"
        } else if take("?=") || take("?!") {
          "lookahead is not known; write what comes next, or use a second selector"
        } else if take("?<=") || take("?<!") {
          "lookbehind is not known; write what comes before, or use a second selector"
        } else {
          "'(?' is not known, neither flags nor named groups; write '(', or '\\(' for a plain '('"
        }
      throw PatternError("at character \(opening): \(what)")
    }
    let inner = try choice(depth: depth + 1)
    guard take(")") else {
      throw PatternError(
        "the '(' at character \(opening) is never closed; add ')', or write '\\(' for a plain '('")
    }
    return inner
  }

  private func escaped(_ scalar: Unicode.Scalar) -> Automaton.Node? {
    switch scalar {
    case "d": .set(.digit)
    case "D": .set(.digit.negated)
    case "s": .set(.space)
    case "S": .set(.space.negated)
    case "w": .set(.word)
    case "W": .set(.word.negated)
    case "b": .condition(.wordBoundary)
    case "B": .condition(.noWordBoundary)
    case "t": .scalar(Unicode.Scalar("\t").value)
    case "n": .scalar(Unicode.Scalar("\n").value)
    case "<", ">", "`", "'": nil  // GNU's own, which would be a plain character elsewhere
    case "!"..."/", ":"..."@", "["..."^", "_", "{"..."~", " ": .scalar(scalar.value)
    default: nil
    }
  }

  private mutating func escape() throws(PatternError) -> Automaton.Node {
    let start = index
    guard let scalar = next() else {
      throw PatternError("it ends in a lone '\\'; write '\\\\' for a backslash")
    }
    if let node = escaped(scalar) { return node }
    let what =
      ("1"..."9").contains(scalar)
      ? "a back reference, which is not known; write the text out"
      : "not known; write '\\\\' for a backslash, or leave it out"
    throw PatternError("'\\\(scalar)' at character \(start) is \(what)")
  }

  /// `*`, `+`, `?` or `{m,n}`, if that is what comes next.
  private mutating func repeats() throws(PatternError) -> (Int, Int?)? {
    let counts: (Int, Int?)
    switch peek() {
    case "*": counts = (0, nil)
    case "+": counts = (1, nil)
    case "?": counts = (0, 1)
    case "{": counts = (0, 0)
    default: return nil
    }
    let sign = next()
    let interval = sign == "{" ? try interval() : counts
    switch peek() {
    case "?":
      throw PatternError(
        "the '?' at character \(index + 1) asks for a lazy repeat, which is not known; remove it")
    case "+":
      throw PatternError(
        "the '+' at character \(index + 1) asks for a possessive repeat, which is not known; remove it")
    case "*", "{": throw PatternError("there are two repeats at character \(index + 1); keep one")
    default: return interval
    }
  }

  private mutating func interval() throws(PatternError) -> (Int, Int?) {
    let opening = index
    let low = number()
    let high = take(",") ? number() : low
    let isOpen = high == nil && low != nil
    guard take("}"), low != nil || high != nil else {
      throw PatternError(
        "the '{' at character \(opening) starts no '{m}', '{m,}' or '{m,n}'; write '\\{' for a plain '{'")
    }
    guard max(low ?? 0, high ?? 0) <= RegularExpression.mostRepeats else {
      throw PatternError(
        "the '{' at character \(opening) repeats more than \(RegularExpression.mostRepeats) times; write a lower number"
      )
    }
    if let high, high < low ?? 0 {
      throw PatternError("the '{' at character \(opening) runs backwards; write the lower number first")
    }
    return (low ?? 0, isOpen ? nil : high)
  }

  /// Digits; a number too large to tell is larger than any that is allowed.
  private mutating func number() -> Int? {
    var digits: [UInt8] = []
    while let scalar = peek(), ("0"..."9").contains(scalar) {
      digits.append(UInt8(truncatingIfNeeded: scalar.value))
      _ = next()
    }
    return digits.isEmpty ? nil : Int(ascii: digits) ?? .max
  }
}
