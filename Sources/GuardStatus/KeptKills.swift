/// The latest kills as JSON that was made once, for whoever writes the same ones into a document again and again.
///
/// The texts of two kills differ in their scalars alone, since every key is always there and what is absent is `null`:
/// what stands between the scalars is most of a text, and is kept once for all.
package struct KeptKills: Equatable, Sendable {
  /// One more than a kill has scalars.
  private var between: [[UInt8]] = []
  /// Of each kill, newest last: every scalar with a newline behind it, which no scalar holds.
  private var scalars: [[UInt8]] = []

  package init() {}

  /// Drops the oldest beyond ``StatusDocument/maximumKills``.
  package mutating func append(_ kill: StatusDocument.Kill) {
    // A kill holds nothing that JSON cannot say.
    guard let text = try? JSONWriter.bytes(of: kill, layout: .scalarsApart) else { return }
    let lines = text.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if between.isEmpty { between = stride(from: 0, to: lines.count, by: 2).map { Array(lines[$0]) } }
    if scalars.count >= StatusDocument.maximumKills { scalars.removeFirst() }
    scalars.append(stride(from: 1, to: lines.count, by: 2).flatMap { lines[$0] + [UInt8(ascii: "\n")] })
  }

  /// - Throws: where the encoder is not ``JSONWriter``'s.
  func encode(into list: inout any UnkeyedEncodingContainer) throws {
    for kill in scalars { try list.encode(Text(between: between, scalars: kill)) }
  }

  private struct Text: Encodable {
    let between: [[UInt8]]
    let scalars: [UInt8]

    func encode(to encoder: any Encoder) throws {
      guard let stream = (encoder as? JSONValueEncoder)?.stream else {
        throw EncodingError.invalidValue(
          self, .init(codingPath: encoder.codingPath, debugDescription: "a text of JSON takes JSONWriter"))
      }
      var rest = between[...]
      stream.put(json: rest.popFirst() ?? [])
      for byte in scalars {
        if byte == UInt8(ascii: "\n") {
          stream.put(json: rest.popFirst() ?? [])
        } else {
          stream.put(byte)
        }
      }
    }
  }
}
