import Foundation
import GuardStatus
import Testing

struct JSONWriterTests {
  struct Optionals: Codable, Equatable {
    var present: Int?
    var absent: Int?
    var text: String?
    var nested: [Int?]
  }

  @Test func absentIsNullAndNeverLeftOut() throws {
    let value = Optionals(present: 1, absent: nil, text: nil, nested: [nil, 2])
    #expect(try text(value) == #"{"present":1,"absent":null,"text":null,"nested":[null,2]}"# + "\n")
  }

  @Test func anIndentedTextHasALineForEachMember() throws {
    let value = ["a": [Optionals(present: 1, absent: nil, text: "x", nested: [])]]
    #expect(
      try text(value, .indented) == """
        {
          "a": [
            {
              "present": 1,
              "absent": null,
              "text": "x",
              "nested": []
            }
          ]
        }

        """)
  }

  @Test func scalarsApartAreEachALineOfTheirOwn() throws {
    let value = ["a": [Optionals(present: 1, absent: nil, text: "x\n\"", nested: [])]]
    let lines = [
      #"{"a":[{"present":"#, "1", #","absent":"#, "null", #","text":"#, #""x\u000a\"""#, #","nested":[]}]}"#,
    ]
    #expect(try text(value, .scalarsApart) == lines.joined(separator: "\n") + "\n")
  }

  @Test(arguments: [
    ("", #""""#), ("a\"b\\c/", #""a\"b\\c/""#),
    ("\n\t\r\u{0}\u{1f}\u{7f}", #""\u000a\u0009\u000d\u0000\u001f\u007f""#),
    ("\u{2028}é漢🙂", "\"\u{2028}é漢🙂\""), ("\\x00", #""\\x00""#),
  ])
  func stringsAreEscaped(string: String, json: String) throws {
    #expect(try text(string) == json + "\n")
    #expect(try JSONDecoder().decode([String].self, from: Data(JSONWriter.bytes(of: [string]))) == [string])
  }

  @Test func integersAreExact() throws {
    #expect(try text([Int64.min, Int64.max]) == "[-9223372036854775808,9223372036854775807]\n")
    #expect(try text([UInt64.max]) == "[18446744073709551615]\n")
    #expect(try text([Int8.min]) + text([UInt8.max]) + text([UInt16.max]) == "[-128]\n[255]\n[65535]\n")
  }

  @Test(arguments: [
    0.0, -0.0, 93.1, 0.1, 1e-5, 1e16, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1 / 3,
  ])
  func doublesReadBackAsTheSameNumber(number: Double) throws {
    #expect(try JSONDecoder().decode([Double].self, from: Data(JSONWriter.bytes(of: [number]))) == [number])
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func whatIsNoNumberIsRefusedByItsKey(number: Double) {
    let error = #expect(throws: JSONWriterError.self) { try JSONWriter.bytes(of: ["share": number]) }
    #expect(error?.description == "'share' is not a finite number")
  }

  @Test func longTextsComeInBoundedChunks() throws {
    var chunks: [[UInt8]] = []
    let value = Array(repeating: "0123456789", count: 10_000)
    try JSONWriter.write(value) { chunks.append($0) }
    #expect(chunks.dropLast().allSatisfy { $0.count == JSONWriter.chunkBytes })
    #expect(chunks.count == (10_000 * 13 + 2 + 4095) / 4096)
    #expect(try JSONDecoder().decode([String].self, from: Data(chunks.joined())) == value)
  }

  @Test func aSinkThatRefusesIsNotAskedAgain() {
    struct Full: Error {}
    var asked = 0
    let error = #expect(throws: JSONWriterError.self) {
      try JSONWriter.write(Array(repeating: "0123456789", count: 10_000)) { _ in
        asked += 1
        throw Full()
      }
    }
    #expect(asked == 1)
    guard case .sink(let cause) = error, cause is Full else {
      Issue.record("not the sink's own error: \(String(describing: error))")
      return
    }
  }

  /// Writes by hand what synthesised code never does: nested containers, left open, and a second one of the
  /// same object.
  struct ByHand: Encodable {
    enum Key: String, CodingKey { case first, second, third, more }
    func encode(to encoder: any Encoder) throws {
      var object = encoder.container(keyedBy: Key.self)
      var array = object.nestedUnkeyedContainer(forKey: .first)
      try array.encode(1)
      var inner = array.nestedContainer(keyedBy: Key.self)
      try inner.encode(true, forKey: .third)
      try array.encodeNil()
      _ = object.nestedContainer(keyedBy: Key.self, forKey: .second)
      try "x".encode(to: object.superEncoder(forKey: .third))
      var again = encoder.container(keyedBy: Key.self)
      try again.encode(Float(0.5), forKey: .more)
    }
  }

  @Test func nestedContainersCloseBeforeTheirParentGoesOn() throws {
    let json = #"[{"first":[1,{"third":true},null],"second":{},"third":"x","more":0.5},2]"#
    struct Pair: Encodable {
      func encode(to encoder: any Encoder) throws {
        var pair = encoder.unkeyedContainer()
        try pair.encode(ByHand())
        try pair.encode(2)
      }
    }
    #expect(try text(Pair()) == json + "\n")
  }

  private func text(_ value: some Encodable, _ layout: JSONWriter.Layout = .compact) throws -> String {
    try String(decoding: JSONWriter.bytes(of: value, layout: layout), as: UTF8.self)
  }
}
