import Foundation

/// A varlink interface as its text describes it, read for tests. See https://varlink.org/Interface-Definition.
struct InterfaceText {
  indirect enum Shape: Equatable {
    case bool, int, float, string
    case named(String)
    case array(Shape)
    case optional(Shape)
    case words([String])
    case fields([String: Shape])
  }

  private(set) var name = ""
  private(set) var types: [String: Shape] = [:]
  private(set) var methods: [String: (takes: Shape, gives: Shape)] = [:]
  private(set) var errors: [String: Shape] = [:]

  struct Mistake: Error { var near: String }

  init(_ text: String) throws {
    let lines = text.split(separator: "\n").map { $0.prefix { $0 != "#" } }
    var tokens: [String] = []
    for line in lines {
      var rest = line.drop { $0.isWhitespace }
      while let first = rest.first {
        let word = rest.prefix { $0.isLetter || $0.isNumber || "_.".contains($0) }
        let token = word.isEmpty ? (rest.hasPrefix("->") ? rest.prefix(2) : rest.prefix(1)) : word
        tokens.append(String(token))
        _ = first
        rest = rest.dropFirst(token.count).drop { $0.isWhitespace }
      }
    }
    var reader = Reader(tokens: tokens[...])
    while let word = reader.tokens.popFirst() {
      switch word {
      case "interface": name = try reader.word()
      case "type": types[try reader.word()] = try reader.group()
      case "error": errors[try reader.word()] = try reader.group()
      case "method":
        let name = try reader.word()
        let takes = try reader.group()
        try reader.expect("->")
        methods[name] = (takes, try reader.group())
      default: throw Mistake(near: word)
      }
    }
  }

  private struct Reader {
    var tokens: ArraySlice<String>

    mutating func word() throws -> String {
      guard let word = tokens.popFirst(), word.first?.isLetter == true else { throw Mistake(near: "a name") }
      return word
    }

    mutating func expect(_ token: String) throws {
      guard tokens.popFirst() == token else { throw Mistake(near: token) }
    }

    mutating func shape() throws -> Shape {
      switch tokens.first {
      case "?":
        tokens.removeFirst()
        return .optional(try shape())
      case "[":
        tokens.removeFirst()
        try expect("]")
        return .array(try shape())
      case "(": return try group()
      default:
        let word = try word()
        return ["bool": .bool, "int": .int, "float": .float, "string": .string][word] ?? .named(word)
      }
    }

    /// Fields, or the words of an enumeration.
    mutating func group() throws -> Shape {
      try expect("(")
      var (words, fields): ([String], [String: Shape]) = ([], [:])
      while tokens.first != ")" {
        let name = try word()
        if tokens.first == ":" {
          tokens.removeFirst()
          fields[name] = try shape()
        } else {
          words.append(name)
        }
        if tokens.first == "," { tokens.removeFirst() }
      }
      try expect(")")
      return words.isEmpty ? .fields(fields) : .words(words)
    }
  }

  // MARK: Holding values against it

  /// What is wrong with `value`, each with its path; the paths of the fields that are there go to `seen`.
  func mistakes(
    _ value: JSONValue, _ shape: Shape, at path: String = "", seen: inout Set<String>
  ) -> [String] {
    switch (shape, value) {
    case (.optional, .null), (.string, .string), (.bool, .bool), (.float, .number): return []
    case (.optional(let shape), _): return mistakes(value, shape, at: path, seen: &seen)
    case (.named(let name), _):
      return types[name].map { mistakes(value, $0, at: name, seen: &seen) } ?? ["\(path): no type '\(name)'"]
    case (.array(let shape), .array(let values)):
      return values.flatMap { mistakes($0, shape, at: path, seen: &seen) }
    case (.int, .number(let number)) where number == number.rounded(): return []
    case (.words(let words), .string(let word)) where words.contains(word): return []
    case (.fields(let fields), .object(let object)):
      var mistakes = object.keys.filter { fields[$0] == nil }.map { "\(path).\($0): not described" }
      for (name, shape) in fields {
        let field = "\(path).\(name)"
        if let value = object[name] {
          seen.insert(field)
          mistakes += self.mistakes(value, shape, at: field, seen: &seen)
        } else if case .optional = shape {
          continue
        } else {
          mistakes.append("\(field): missing")
        }
      }
      return mistakes
    default: return ["\(path): \(value) is no \(shape)"]
    }
  }

  /// The paths of all fields of a shape.
  func paths(_ shape: Shape, at path: String = "") -> Set<String> {
    switch shape {
    case .optional(let shape), .array(let shape): paths(shape, at: path)
    case .named(let name): types[name].map { paths($0, at: name) } ?? []
    case .fields(let fields):
      fields.reduce(into: []) { all, field in
        all.insert("\(path).\(field.key)")
        all.formUnion(paths(field.value, at: "\(path).\(field.key)"))
      }
    default: []
    }
  }
}
