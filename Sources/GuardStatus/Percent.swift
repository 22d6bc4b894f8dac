/// A share of the whole in hundredths of a percent, so that equal readings are equal values.
/// In JSON a number of percent, `93.1`.
package struct Percent: Hashable, Comparable, Sendable {
  /// 0 is nothing, 10000 the whole; the kernel's averages have this very resolution.
  package var hundredths: Int

  package init(hundredths: Int) { self.hundredths = hundredths }

  package static func < (left: Self, right: Self) -> Bool { left.hundredths < right.hundredths }
}

extension Percent: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let hundredths = Int(exactly: (try container.decode(Double.self) * 100).rounded()) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no such percentage")
    }
    self.hundredths = hundredths
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    // Dividing by 100 gives the double nearest to the decimal, which prints as that decimal.
    try container.encode(Double(hundredths) / 100)
  }
}

extension Percent: CustomStringConvertible {
  /// With as many decimals as it takes: `93.1`, `0`.
  package var description: String {
    let (whole, rest) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
    let sign = hundredths < 0 ? "-" : ""
    if rest == 0 { return "\(sign)\(whole)" }
    return rest % 10 == 0 ? "\(sign)\(whole).\(rest / 10)" : "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }
}
