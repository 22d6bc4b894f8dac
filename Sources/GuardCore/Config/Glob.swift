/// A pattern with wildcards that must match a whole name or path, as in systemctl and fnmatch(3).
///
/// `*` any run of characters, `?` one, `[a-z]` one of a set, `[!a-z]` one outside it, `[:digit:]` and the
/// like within one. A backslash stands for itself as in systemctl, since unit names have `\x2d` in them;
/// `[*]` is a plain `*`. A character is one UTF-8 scalar, or one byte where the text is not UTF-8.
package struct Glob: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    /// A name: wildcards match everything.
    case name
    /// A path: `*`, `?` and sets stay within one component, `**` crosses them. `/a/**` matches `/a` too,
    /// and `/a/**/b` also `/a/b`.
    case path
  }

  package let pattern: String
  package let kind: Kind
  /// The fewest bytes a text may have to match.
  package let fewestBytes: Int
  /// Text before the first wildcard: what tells most names apart without running the automaton.
  private let prefix: [UInt8]
  /// `nil` without wildcards.
  private let automaton: Automaton?

  /// - Throws: ``PatternError`` for an empty pattern and for brackets that are not closed or hold nonsense.
  package init(_ pattern: String, as kind: Kind) throws(PatternError) {
    guard !pattern.isEmpty else { throw PatternError("it is empty and matches nothing; write a name") }
    (self.pattern, self.kind) = (pattern, kind)
    let nodes = try Self.nodes(of: pattern, as: kind)
    prefix = nodes.prefix { $0.fixedScalar != nil }
      .flatMap { $0.fixedScalar.map { Array(String($0).utf8) } ?? [] }
    fewestBytes = nodes.reduce(0) { $0 + $1.fewestBytes }
    automaton =
      nodes.allSatisfy { $0.fixedScalar != nil }
      ? nil
      : try Automaton(.sequence([.condition(.textBegins)] + nodes + [.condition(.textEnds)]))
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.pattern == right.pattern && left.kind == right.kind
  }

  /// Whether there is no wildcard in it.
  package var isLiteral: Bool { automaton == nil }

  /// Whether all of `text` matches. The work is at most the length of the text times that of the pattern.
  package func matches(_ text: some Collection<UInt8>) -> Bool {
    var steps = 0
    return matches(text, steps: &steps)
  }

  func matches(_ text: some Collection<UInt8>, steps: inout Int) -> Bool {
    guard let automaton else { return text.elementsEqual(prefix) }
    return text.starts(with: prefix) && automaton.occurs(in: text, steps: &steps)
  }

  private static func nodes(of pattern: String, as kind: Kind) throws(PatternError) -> [Automaton.Node] {
    let slash = Unicode.Scalar("/").value
    let any = Automaton.Node.set(.any)
    let one: ScalarSet = kind == .path ? ScalarSet(ranges: [slash...slash], isNegated: true) : .any
    var reader = PatternReader(pattern)
    var nodes: [Automaton.Node] = []
    while let scalar = reader.next() {
      switch scalar {
      case "?": nodes.append(.set(one))
      case "[":
        var set = try reader.bracket(negations: ["!", "^"], escapes: false)
        if kind == .path {
          guard set.isNegated || !set.contains(slash) else {
            throw PatternError(
              "the set that ends at character \(reader.index) holds '/', which only '**' matches; take it out"
            )
          }
          if set.isNegated { set.ranges.append(slash...slash) }
        }
        nodes.append(.set(set))
      case "*" where kind == .path && reader.peek() == "*":
        while reader.peek() == "*" { _ = reader.next() }
        let isComponent = nodes.last == .scalar(slash)
        if isComponent, reader.peek() == nil {
          nodes[nodes.count - 1] = .optional([.scalar(slash), .repeated(any, atLeast: 0, atMost: nil)])
        } else if isComponent, reader.take("/") {
          nodes.append(.optional([.repeated(any, atLeast: 0, atMost: nil), .scalar(slash)]))
        } else {
          nodes.append(.repeated(any, atLeast: 0, atMost: nil))
        }
      case "*": nodes.append(.repeated(.set(one), atLeast: 0, atMost: nil))
      default: nodes.append(.scalar(scalar.value))
      }
    }
    return nodes
  }
}

extension Automaton.Node {
  fileprivate static func optional(_ parts: [Self]) -> Self {
    .repeated(.sequence(parts), atLeast: 0, atMost: 1)
  }

  fileprivate var fixedScalar: Unicode.Scalar? {
    if case .scalar(let number) = self { Unicode.Scalar(number) } else { nil }
  }

  /// Of the nodes a glob has: sets may match one byte, repeats nothing.
  fileprivate var fewestBytes: Int {
    switch self {
    case .scalar: fixedScalar?.utf8.count ?? 1
    case .set: 1
    case .condition, .sequence, .choice, .repeated: 0
    }
  }
}
