/// The text under way: which brackets are open, and what the sink has not seen yet.
///
/// Containers are told by depth. They never say that they are done, so whoever writes next at a lesser
/// depth closes those that are deeper.
final class JSONStream {
  private enum Bracket: UInt8 { case object, array }

  private let layout: JSONWriter.Layout
  private let sink: ([UInt8]) throws -> Void
  private var buffer: [UInt8] = []
  private var open: [(bracket: Bracket, isEmpty: Bool)] = []
  /// Opening a container cannot throw; what went wrong there is thrown by the next that can.
  private var failure: JSONWriterError?
  private var lastKey = ""

  init(layout: JSONWriter.Layout, sink: @escaping ([UInt8]) throws -> Void) {
    (self.layout, self.sink) = (layout, sink)
    buffer.reserveCapacity(JSONWriter.chunkBytes + 256)
  }

  var depth: Int { open.count }

  /// Writes `value` and whatever it leaves open.
  func append(_ value: some Encodable) throws {
    let depth = depth
    try value.encode(to: JSONValueEncoder(stream: self, depth: depth))
    close(to: depth)
    try check()
  }

  func finish() throws(JSONWriterError) {
    put(UInt8(ascii: "\n"))
    flush()
    try check()
  }

  func check() throws(JSONWriterError) {
    if let failure { throw failure }
  }

  // MARK: Structure

  /// Opens an object or an array for the encoder at `depth`, or goes on with the one it has opened before.
  func openContainer(at depth: Int, isArray: Bool) {
    guard self.depth <= depth else { return close(to: depth + 1) }
    put(isArray ? UInt8(ascii: "[") : UInt8(ascii: "{"))
    open.append((isArray ? .array : .object, true))
  }

  func close(to depth: Int) {
    while let (bracket, isEmpty) = open.last, open.count > depth {
      open.removeLast()
      if !isEmpty { breakLine() }
      put(bracket == .array ? UInt8(ascii: "]") : UInt8(ascii: "}"))
    }
  }

  func startMember(_ key: String, at depth: Int) {
    startElement(at: depth)
    lastKey = key
    put(quoted: key)
    put(UInt8(ascii: ":"))
    if layout == .indented { put(UInt8(ascii: " ")) }
  }

  func startElement(at depth: Int) {
    close(to: depth)
    guard let last = open.indices.last else { return }
    if !open[last].isEmpty { put(UInt8(ascii: ",")) }
    open[last].isEmpty = false
    breakLine()
  }

  private func breakLine() {
    guard layout == .indented else { return }
    put(UInt8(ascii: "\n"))
    for _ in open.indices {
      put(UInt8(ascii: " "))
      put(UInt8(ascii: " "))
    }
  }

  // MARK: Scalars

  func put(string: String) { setApart { put(quoted: string) } }

  func put(number: some BinaryFloatingPoint & CustomStringConvertible) throws(JSONWriterError) {
    guard number.isFinite else { throw .notFinite(key: lastKey) }
    // Swift prints the shortest decimal that reads back as the same number, in a form JSON knows.
    put(scalar: number.description)
  }

  /// A whole number, `true`, `false` or `null`.
  func put(scalar text: String) { setApart { put(ascii: text) } }

  private func setApart(_ scalar: () -> Void) {
    if layout == .scalarsApart { put(UInt8(ascii: "\n")) }
    scalar()
    if layout == .scalarsApart { put(UInt8(ascii: "\n")) }
  }

  /// Text that is JSON already.
  func put(json: some Sequence<UInt8>) {
    for byte in json { put(byte) }
  }

  private func put(quoted string: String) {
    put(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        put(UInt8(ascii: "\\"))
        put(byte)
      case 0..<0x20, 0x7f:
        put(ascii: byte < 0x10 ? "\\u000" : "\\u00")
        put(ascii: String(byte, radix: 16))
      default: put(byte)
      }
    }
    put(UInt8(ascii: "\""))
  }

  private func put(ascii text: String) {
    for byte in text.utf8 { put(byte) }
  }

  func put(_ byte: UInt8) {
    buffer.append(byte)
    if buffer.count >= JSONWriter.chunkBytes { flush() }
  }

  private func flush() {
    defer { buffer.removeAll(keepingCapacity: true) }
    guard failure == nil, !buffer.isEmpty else { return }
    do { try sink(buffer) } catch { failure = .sink(error) }
  }
}
