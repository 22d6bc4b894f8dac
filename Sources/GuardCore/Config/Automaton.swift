/// A pattern as a nondeterministic automaton over Unicode scalars, all states of which are followed at once.
///
/// Any user chooses the names and command lines that patterns meet, so no text may make a match slow: the
/// work is at most the length of the text times the size of the program, and no step goes back.
/// Source: K. Thompson, "Regular Expression Search Algorithm", CACM 11:6, 1968.
struct Automaton: Sendable {
  enum Condition: Equatable, Sendable { case textBegins, textEnds, wordBoundary, noWordBoundary }

  private enum Instruction: Sendable {
    case scalar(UInt32)
    case set(ScalarSet)
    case condition(Condition)
    case jump(Int)
    case split(Int, Int)
    case found
  }

  /// What a parser of patterns hands over.
  indirect enum Node: Equatable, Sendable {
    case scalar(UInt32)
    case set(ScalarSet)
    case condition(Condition)
    case sequence([Node])
    case choice([Node])
    case repeated(Node, atLeast: Int, atMost: Int?)
  }

  /// The largest program: far beyond what people write, and the bound on the work per scalar of text.
  static let largestProgram = 2000

  private var program: [Instruction] = []
  private var isAnchored = false

  /// - Throws: ``PatternError`` when the repeats in it make the program larger than ``largestProgram``.
  init(_ node: Node) throws(PatternError) {
    var work = 0
    try append(node, &work)
    program.append(.found)
    if case .condition(.textBegins) = program.first { isAnchored = true }
  }

  private mutating func append(_ node: Node, _ work: inout Int) throws(PatternError) {
    // Counted apart from the instructions, since repeats of nothing add none.
    work += 1
    guard program.count < Self.largestProgram, work < 4 * Self.largestProgram else {
      throw PatternError("the pattern is too large; shorten it, or lower the numbers in its '{…}'")
    }
    switch node {
    case .scalar(let scalar): program.append(.scalar(scalar))
    case .set(let set): program.append(.set(set))
    case .condition(let condition): program.append(.condition(condition))
    case .sequence(let parts): for part in parts { try append(part, &work) }
    case .choice(let alternatives):
      var exits: [Int] = []
      for alternative in alternatives.dropLast() {
        let split = reserve()
        try append(alternative, &work)
        exits.append(reserve())
        program[split] = .split(split + 1, program.count)
      }
      if let last = alternatives.last { try append(last, &work) }
      for exit in exits { program[exit] = .jump(program.count) }
    case .repeated(let body, let atLeast, let atMost):
      for _ in 0..<atLeast { try append(body, &work) }
      guard let atMost else {
        let split = reserve()
        try append(body, &work)
        program.append(.jump(split))
        program[split] = .split(split + 1, program.count)
        return
      }
      var splits: [Int] = []
      for _ in atLeast..<max(atLeast, atMost) {
        splits.append(reserve())
        try append(body, &work)
      }
      for split in splits { program[split] = .split(split + 1, program.count) }
    }
  }

  /// Room for an instruction whose target is not known yet.
  private mutating func reserve() -> Int {
    program.append(.jump(program.count + 1))
    return program.count - 1
  }

  /// Whether the pattern occurs anywhere in `text`. `steps` grows by the work that took.
  func occurs(in text: some Collection<UInt8>, steps: inout Int) -> Bool {
    var scalars = ScalarReader(text)
    var arrivals: [Int] = []
    var pending: [Int] = []
    var lastSeen = [Int](repeating: -1, count: program.count)
    var previous: UInt32?
    var position = 0
    while true {
      let scalar = scalars.next()
      swap(&arrivals, &pending)
      arrivals.removeAll(keepingCapacity: true)
      if position == 0 || !isAnchored { pending.append(0) }
      while let state = pending.popLast() {
        // Once per position, which also ends loops around nothing such as "(a*)*".
        guard lastSeen[state] != position else { continue }
        lastSeen[state] = position
        steps += 1
        switch program[state] {
        case .scalar(let expected): if scalar == expected { arrivals.append(state + 1) }
        case .set(let set): if let scalar, set.contains(scalar) { arrivals.append(state + 1) }
        case .condition(let condition):
          if condition.holds(between: previous, and: scalar) { pending.append(state + 1) }
        case .jump(let target): pending.append(target)
        case .split(let one, let other):
          pending.append(one)
          pending.append(other)
        case .found: return true
        }
      }
      guard let scalar, !(isAnchored && arrivals.isEmpty) else { return false }
      previous = scalar
      position += 1
    }
  }
}

extension Automaton.Condition {
  /// `nil` stands for the ends of the text.
  fileprivate func holds(between previous: UInt32?, and next: UInt32?) -> Bool {
    switch self {
    case .textBegins: previous == nil
    case .textEnds: next == nil
    case .wordBoundary: isWord(previous) != isWord(next)
    case .noWordBoundary: isWord(previous) == isWord(next)
    }
  }

  private func isWord(_ scalar: UInt32?) -> Bool { scalar.map(ScalarSet.word.contains) ?? false }
}

/// Bytes as UTF-8 scalars; a byte that belongs to none counts for itself as ``ScalarSet/strayByte``.
private struct ScalarReader<Bytes: IteratorProtocol<UInt8>> {
  private var bytes: Bytes
  private var parser = Unicode.UTF8.ForwardParser()
  private var strayBytes = 0

  init<Text: Sequence>(_ text: Text) where Text.Iterator == Bytes { bytes = text.makeIterator() }

  mutating func next() -> UInt32? {
    if strayBytes > 0 {
      strayBytes -= 1
      return ScalarSet.strayByte
    }
    switch parser.parseScalar(from: &bytes) {
    case .valid(let encoded): return Unicode.UTF8.decode(encoded).value
    case .error(let length):
      strayBytes = length - 1
      return ScalarSet.strayByte
    case .emptyInput: return nil
    }
  }
}
