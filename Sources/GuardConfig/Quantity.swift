import GuardCore

extension Duration {
  /// A whole number and `ms`, `s`, `min` or `h`. `nil` for anything else, and for what is too long to count.
  init?(configured text: String) {
    guard let (number, unit) = text.numberAndUnit(Int64.self) else { return nil }
    let milliseconds: Int64
    switch unit {
    case "ms": milliseconds = 1
    case "s": milliseconds = 1000
    case "min": milliseconds = 60_000
    case "h": milliseconds = 3_600_000
    default: return nil
    }
    let (total, overflowed) = number.multipliedReportingOverflow(by: milliseconds)
    guard !overflowed else { return nil }
    self = .milliseconds(total)
  }

  /// As it is written in the configuration, in the largest unit that needs no fraction.
  package var configured: String {
    let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    for (unit, length) in [("h", Int64(3_600_000)), ("min", 60_000), ("s", 1000)]
    where milliseconds >= length && milliseconds % length == 0 {
      return "\(milliseconds / length)\(unit)"
    }
    return "\(milliseconds)ms"
  }
}

extension UInt64 {
  /// A size in bytes: a whole number and `B`, `KiB`, `MiB`, `GiB` or `TiB`. `nil` for anything else.
  package init?(configuredSize text: String) {
    guard let (number, unit) = text.numberAndUnit(UInt64.self) else { return nil }
    guard let power = ["B", "KiB", "MiB", "GiB", "TiB"].firstIndex(of: unit) else { return nil }
    let (total, overflowed) = number.multipliedReportingOverflow(by: 1 << UInt64(10 * power))
    guard !overflowed else { return nil }
    self = total
  }
}

extension String {
  fileprivate func numberAndUnit<Number: FixedWidthInteger>(_: Number.Type) -> (Number, String)? {
    let digits = utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let number = Number(ascii: digits) else { return nil }
    return (number, String(decoding: utf8.dropFirst(digits.count), as: UTF8.self))
  }
}
