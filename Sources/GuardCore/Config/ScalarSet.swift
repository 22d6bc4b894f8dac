/// What one place in a pattern accepts: Unicode scalars, by their numbers.
struct ScalarSet: Equatable, Sendable {
  var ranges: [ClosedRange<UInt32>]
  /// Accepts everything but `ranges`, bytes that are not UTF-8 among it.
  var isNegated = false

  /// Stands for any byte that is not part of a UTF-8 scalar: the first number past the last scalar.
  static let strayByte: UInt32 = 0x11_0000

  static let any = ScalarSet(ranges: [], isNegated: true)
  static let word = ScalarSet(ranges: alphanumeric + [one("_")])
  static let digit = ScalarSet(ranges: digits)
  static let space = ScalarSet(ranges: whitespace)

  func contains(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } != isNegated }

  var negated: ScalarSet { ScalarSet(ranges: ranges, isNegated: !isNegated) }

  /// The ranges of `[:name:]` in the C locale, so that a pattern means the same on every machine.
  /// Source: regex(7), POSIX.1-2017 chapter 7.3.1.
  static func posixClass(_ name: String) -> [ClosedRange<UInt32>]? {
    switch name {
    case "alpha": letters
    case "digit": digits
    case "alnum": alphanumeric
    case "upper": [span("A", "Z")]
    case "lower": [span("a", "z")]
    case "space": whitespace
    case "blank": [one(" "), one("\t")]
    case "punct": [span("!", "/"), span(":", "@"), span("[", "`"), span("{", "~")]
    case "graph": [span("!", "~")]
    case "print": [span(" ", "~")]
    case "cntrl": [0...0x1f, 0x7f...0x7f]
    case "xdigit": digits + [span("A", "F"), span("a", "f")]
    default: nil
    }
  }

  private static let letters = [span("A", "Z"), span("a", "z")]
  private static let digits = [span("0", "9")]
  private static let alphanumeric = letters + digits
  private static let whitespace = [one(" "), span("\t", "\r")]

  private static func one(_ scalar: Unicode.Scalar) -> ClosedRange<UInt32> { scalar.value...scalar.value }

  private static func span(_ first: Unicode.Scalar, _ last: Unicode.Scalar) -> ClosedRange<UInt32> {
    first.value...last.value
  }
}
