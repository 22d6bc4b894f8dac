import CTOML
import GuardCore

/// Owns a text that toml++ has parsed; ``root()`` copies out of it what it holds.
@safe struct TOMLDocument: ~Copyable {
  /// `nil` if there was no memory left.
  private let handle: OpaquePointer?

  init(_ text: [UInt8]) {
    unsafe handle = text.withUnsafeBytes { bytes in
      unsafe ctoml_parse(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
    }
  }

  deinit { unsafe ctoml_free(handle) }

  /// The whole of it. Tables keep the order of the text.
  ///
  /// - Throws: ``TOMLError`` for the first place at which the text is not TOML 1.0.
  borrowing func root() throws(TOMLError) -> TOMLNode {
    guard let handle = unsafe handle else {
      throw TOMLError(
        message: "there is no memory left to read it", position: TOMLPosition(line: 1, column: 1))
    }
    let flat = unsafe UnsafeBufferPointer(start: ctoml_nodes(handle), count: ctoml_node_count(handle))
    guard !flat.isEmpty else {
      throw unsafe TOMLError(
        message: String(ctoml_message(handle)).utf8.printable,
        position: TOMLPosition(ctoml_message_position(handle)))
    }
    var nodes = unsafe flat[...]
    return try unsafe Self.take(&nodes).node
  }

  // As deep as CTOML lets values lie within each other, which the stack is far from minding.
  private static func take(_ nodes: inout Slice<UnsafeBufferPointer<ctoml_node>>)
    throws(TOMLError) -> TOMLEntry
  {
    guard let flat = unsafe nodes.popFirst() else {
      throw TOMLError(
        message: "it was read only in part; this is a fault of oomguard's",
        position: TOMLPosition(line: 1, column: 1))
    }
    let value: TOMLNode.Value
    switch unsafe flat.kind {
    case .table:
      var entries: [TOMLEntry] = []
      for _ in unsafe 0..<flat.count { try unsafe entries.append(take(&nodes)) }
      value = .table(entries.sorted { $0.keyPosition < $1.keyPosition })
    case .array:
      var elements: [TOMLNode] = []
      for _ in unsafe 0..<flat.count { try unsafe elements.append(take(&nodes).node) }
      value = .array(elements)
    case .string: value = unsafe .string(String(flat.string))
    case .integer: value = unsafe .integer(flat.integer)
    case .float: value = unsafe .float(flat.number)
    case .boolean: value = unsafe .boolean(flat.boolean)
    case .time: value = .dateOrTime
    }
    return unsafe TOMLEntry(
      key: String(flat.key), keyPosition: TOMLPosition(flat.key_position),
      node: TOMLNode(value: value, position: TOMLPosition(flat.position)))
  }
}

extension TOMLPosition {
  fileprivate init(_ position: ctoml_position) {
    (line, column) = (max(1, Int(position.line)), max(1, Int(position.column)))
  }
}

extension String {
  fileprivate init(_ text: ctoml_text) {
    self = unsafe UnsafeRawBufferPointer(start: text.bytes, count: text.count)
      .withMemoryRebound(to: UInt8.self) { unsafe String(decoding: $0, as: UTF8.self) }
  }
}
