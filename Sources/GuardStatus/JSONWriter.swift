/// Writes a value as JSON in UTF-8, a chunk at a time, so that no document is ever whole in memory.
///
/// Fields come in the order in which the type encodes them. An absent optional is written as `null`, also
/// by the `encode(to:)` that the compiler makes, which any other encoder would let skip the field.
package enum JSONWriter {
  package enum Layout: Sendable {
    /// No white space at all.
    case compact
    /// A line for each member, two spaces a level.
    case indented
    /// Compact, but each scalar is a line of its own, and so is what stands between two of them.
    case scalarsApart
  }

  /// Chunks are handed over once they are this long; only a single long string can exceed it much.
  package static let chunkBytes = 4096

  /// Hands the text of `value`, with a newline at its end, to `sink` piece by piece.
  ///
  /// - Throws: ``JSONWriterError``; after it the sink has seen an unfinished text.
  package static func write(
    _ value: some Encodable, layout: Layout = .compact, to sink: ([UInt8]) throws -> Void
  ) throws(JSONWriterError) {
    // The stream lives no longer than this call, unless an `encode(to:)` keeps its encoder.
    try withoutActuallyEscaping(sink) { (sink) throws(JSONWriterError) in
      let stream = JSONStream(layout: layout, sink: sink)
      do {
        try stream.append(value)
      } catch let error as JSONWriterError {
        throw error
      } catch {
        throw .value(error)
      }
      try stream.finish()
    }
  }

  /// The whole text at once, for small values.
  package static func bytes(
    of value: some Encodable, layout: Layout = .compact
  ) throws(JSONWriterError) -> [UInt8] {
    var bytes: [UInt8] = []
    try write(value, layout: layout) { bytes += $0 }
    return bytes
  }
}

/// Why a value could not be written as JSON.
package enum JSONWriterError: Error, CustomStringConvertible {
  /// JSON has no infinity and no NaN; names the nearest key.
  case notFinite(key: String)
  /// The sink took no more.
  case sink(any Error)
  /// The value's own `encode(to:)` gave up.
  case value(any Error)

  package var description: String {
    switch self {
    case .notFinite(let key): "'\(key)' is not a finite number"
    case .sink(let error): "\(error)"
    case .value(let error): "\(error)"
    }
  }
}
