/// The three container kinds of Codable over one ``JSONStream``. Only single values have a case for each
/// type: the standard library's own types encode themselves through them.
struct JSONValueEncoder: Encoder {
  let stream: JSONStream
  let depth: Int

  // Nobody asks for the path: the stream remembers the key that an error names.
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    stream.openContainer(at: depth, isArray: false)
    return KeyedEncodingContainer(Keyed<Key>(stream: stream, depth: depth + 1))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    stream.openContainer(at: depth, isArray: true)
    return Unkeyed(stream: stream, depth: depth + 1)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { Single(stream: stream, depth: depth) }
}

extension JSONValueEncoder {
  private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let stream: JSONStream
    let depth: Int
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) throws {
      stream.startMember(key.stringValue, at: depth)
      stream.put(scalar: "null")
      try stream.check()
    }

    func encode(_ value: some Encodable, forKey key: Key) throws {
      stream.startMember(key.stringValue, at: depth)
      try stream.append(value)
    }

    // Absent is null, never left out. The standard library leaves out by a default for each of these
    // types, so a generic one alone would not be asked.
    func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: String?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: Float?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: Int8?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: Int16?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: UInt?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: (some Encodable)?, forKey key: Key) throws {
      try encodeOptional(value, key)
    }

    private func encodeOptional(_ value: (some Encodable)?, _ key: Key) throws {
      if let value { try encode(value, forKey: key) } else { try encodeNil(forKey: key) }
    }

    func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
      nested(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
      nested(key).unkeyedContainer()
    }

    func superEncoder(forKey key: Key) -> any Encoder { nested(key) }

    func superEncoder() -> any Encoder {
      stream.startMember("super", at: depth)
      return JSONValueEncoder(stream: stream, depth: depth)
    }

    private func nested(_ key: Key) -> JSONValueEncoder {
      stream.startMember(key.stringValue, at: depth)
      return JSONValueEncoder(stream: stream, depth: depth)
    }
  }

  private struct Unkeyed: UnkeyedEncodingContainer {
    let stream: JSONStream
    let depth: Int
    private(set) var count = 0
    var codingPath: [any CodingKey] { [] }

    init(stream: JSONStream, depth: Int) { (self.stream, self.depth) = (stream, depth) }

    mutating func encodeNil() throws {
      start()
      stream.put(scalar: "null")
      try stream.check()
    }

    mutating func encode(_ value: some Encodable) throws {
      start()
      try stream.append(value)
    }

    mutating func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type
    ) -> KeyedEncodingContainer<Nested> {
      start().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { start().unkeyedContainer() }

    mutating func superEncoder() -> any Encoder { start() }

    @discardableResult
    private mutating func start() -> JSONValueEncoder {
      count += 1
      stream.startElement(at: depth)
      return JSONValueEncoder(stream: stream, depth: depth)
    }
  }

  private struct Single: SingleValueEncodingContainer {
    let stream: JSONStream
    let depth: Int
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { stream.put(scalar: "null") }
    func encode(_ value: Bool) { stream.put(scalar: value ? "true" : "false") }
    func encode(_ value: String) { stream.put(string: value) }
    func encode(_ value: Double) throws { try stream.put(number: value) }
    func encode(_ value: Float) throws { try stream.put(number: value) }
    func encode(_ value: some FixedWidthInteger & Encodable) { stream.put(scalar: value.description) }
    func encode(_ value: some Encodable) throws { try stream.append(value) }
  }
}
