import GuardCore

/// A value in a TOML text, and where it stands.
struct TOMLNode {
  enum Value {
    case table([TOMLEntry])
    case array([TOMLNode])
    case string(String)
    case integer(Int64)
    case float(Double)
    case boolean(Bool)
    case dateOrTime
  }
  var value: Value
  var position: TOMLPosition
}

/// A key of a table with its value.
struct TOMLEntry {
  var key: String
  var keyPosition: TOMLPosition
  var node: TOMLNode
}

/// Lines and columns count from 1, columns in characters.
struct TOMLPosition: Comparable {
  var line, column: Int

  static func < (left: Self, right: Self) -> Bool { (left.line, left.column) < (right.line, right.column) }
}

/// Why a text is not TOML.
struct TOMLError: Error, Equatable {
  var message: String
  var position: TOMLPosition
}

extension TOMLNode {
  /// What it is, for a message about what it should have been.
  var found: String {
    switch value {
    case .table: "a table"
    case .array: "an array"
    case .string(let text): "the string '\(text.shown)'"
    case .integer(let number): "\(number)"
    case .float(let number): "\(number)"
    case .boolean(let truth): "\(truth)"
    case .dateOrTime: "a date or time"
    }
  }
}

extension String {
  /// On one line and short enough for a message.
  var shown: String {
    let longest = 60  // characters: two of them and the words around fit in two lines of a terminal
    let text = utf8.printable
    return text.count > longest ? text.prefix(longest) + "…" : text
  }
}
