// What the parsers of kernel text share. Kernel text is bytes: a comm or a cgroup's name need not be UTF-8.

extension FixedWidthInteger {
  /// A decimal number and nothing else: no sign but `-`, no spaces, no overflow.
  @inlinable package init?(ascii digits: some Collection<UInt8>) {
    var rest = digits[...]
    var isNegative = false
    if Self.isSigned, rest.first == UInt8(ascii: "-") {
      isNegative = true
      rest = rest.dropFirst()
    }
    guard !rest.isEmpty else { return nil }
    var value: Self = 0
    for digit in rest {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      let (scaled, overflowed) = value.multipliedReportingOverflow(by: 10)
      let digit = Self(digit - UInt8(ascii: "0"))
      let (next, carried) =
        isNegative ? scaled.subtractingReportingOverflow(digit) : scaled.addingReportingOverflow(digit)
      if overflowed || carried { return nil }
      value = next
    }
    self = value
  }
}

extension Collection<UInt8> {
  /// Text for people and JSON: UTF-8 as it is, every other byte and every control character as `\xNN`.
  package var printable: String {
    // Of one known type: through a witness each byte takes two allocations.
    let bytes = Array(self)
    if bytes.allSatisfy({ (0x20..<0x7f).contains($0) }) { return String(decoding: bytes, as: UTF8.self) }
    var text = ""
    var rest = bytes[...]
    while let first = rest.first {
      // The longest valid scalar at the front, if there is one.
      let length =
        switch first {
        case 0x20..<0x7f: 1
        case 0xc2..<0xe0: 2
        case 0xe0..<0xf0: 3
        case 0xf0..<0xf5: 4
        default: 0
        }
      if length > 0, rest.count >= length,
        let scalar = String(validating: rest.prefix(length), as: UTF8.self),
        let only = scalar.unicodeScalars.first, only.properties.generalCategory != .control
      {
        text += scalar
        rest = rest.dropFirst(length)
      } else {
        let hex = String(first, radix: 16)
        text += "\\x" + (hex.count == 1 ? "0" + hex : hex)
        rest = rest.dropFirst()
      }
    }
    return text
  }

  package func starts(with text: StaticString) -> Bool {
    text.withUTF8Buffer { unsafe starts(with: $0) }
  }
}
