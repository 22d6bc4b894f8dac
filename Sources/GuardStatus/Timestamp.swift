/// A moment of the wall clock, to the microsecond; written as RFC 3339 in UTC.
///
/// Years 0000 to 9999, which is what RFC 3339 can write; a moment outside becomes the nearest inside.
/// Leap seconds do not exist, as in POSIX time.
package struct Timestamp: Hashable, Comparable, Sendable {
  /// Since 1970-01-01T00:00:00Z; negative before.
  package let microsecondsSinceEpoch: Int64

  /// 0000-01-01T00:00:00Z to 9999-12-31T23:59:59.999999Z.
  private static let range: ClosedRange<Int64> = -62_167_219_200_000_000...253_402_300_799_999_999

  package init(microsecondsSinceEpoch: Int64) {
    self.microsecondsSinceEpoch = min(
      max(microsecondsSinceEpoch, Self.range.lowerBound), Self.range.upperBound)
  }

  /// - Parameter microseconds: added to the seconds; beyond 999,999 it counts as whole seconds.
  package init(seconds: Int64, microseconds: Int64 = 0) {
    let (scaled, overflowed) = seconds.multipliedReportingOverflow(by: 1_000_000)
    let (sum, carried) = scaled.addingReportingOverflow(microseconds)
    let limit = seconds < 0 ? Int64.min : Int64.max
    self.init(microsecondsSinceEpoch: overflowed || carried ? limit : sum)
  }

  package static func < (left: Self, right: Self) -> Bool {
    left.microsecondsSinceEpoch < right.microsecondsSinceEpoch
  }

  /// How long after `earlier` this is; negative if it is before.
  package func duration(since earlier: Timestamp) -> Duration {
    // Both lie within `range`, so the difference does not overflow.
    .microseconds(microsecondsSinceEpoch - earlier.microsecondsSinceEpoch)
  }
}

extension Timestamp: CustomStringConvertible {
  /// `2026-05-04T10:00:00Z`; with `.123456` only where the fraction is not zero.
  package var description: String {
    let (seconds, fraction) = Self.divide(microsecondsSinceEpoch, by: 1_000_000)
    let (days, time) = Self.divide(seconds, by: 86_400)
    let (year, month, day) = Self.civil(days: days)
    var text = ""
    text.reserveCapacity(27)
    func append(_ value: Int64, digits: Int) {
      let number = String(value)
      for _ in number.utf8.count..<max(digits, number.utf8.count) { text.append("0") }
      text.append(number)
    }
    append(year, digits: 4)
    text.append("-")
    append(month, digits: 2)
    text.append("-")
    append(day, digits: 2)
    text.append("T")
    append(time / 3600, digits: 2)
    text.append(":")
    append(time / 60 % 60, digits: 2)
    text.append(":")
    append(time % 60, digits: 2)
    if fraction != 0 {
      text.append(".")
      append(fraction, digits: 6)
    }
    text.append("Z")
    return text
  }

  /// Reads what ``description`` writes, with a fraction of any length (what is finer than a microsecond
  /// is cut off); `nil` for anything else, a day that does not exist included.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z") else { return nil }
    for (index, mark) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")] as [(Int, Unicode.Scalar)]
    where bytes[index] != UInt8(ascii: mark) {
      return nil
    }
    func number(_ range: Range<Int>) -> Int64? { Self.unsigned(bytes[range]) }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
      (1...12).contains(month), day >= 1, hour < 24, minute < 60, second < 60
    else { return nil }
    let days = Self.days(year: year, month: month, day: day)
    // The day exists only if going back gives the same date: 30 February would come out in March.
    guard Self.civil(days: days) == (year, month, day) else { return nil }

    var microseconds: Int64 = 0
    let fraction = bytes[19..<(bytes.count - 1)]
    if !fraction.isEmpty {
      guard fraction.first == UInt8(ascii: "."), fraction.count >= 2 else { return nil }
      let digits = fraction.dropFirst()
      guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
      for index in 0..<6 {
        let digit = index < digits.count ? digits[digits.startIndex + index] - UInt8(ascii: "0") : 0
        microseconds = microseconds * 10 + Int64(digit)
      }
    }
    self.init(
      seconds: days * 86_400 + hour * 3600 + minute * 60 + second, microseconds: microseconds)
  }

  private static func unsigned(_ digits: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + Int64(digit - UInt8(ascii: "0"))
    }
    return value
  }
}

// The proleptic Gregorian calendar, counted in eras of 400 years (146,097 days) that begin on 1 March:
// then the leap day is the last of its year and month lengths follow one formula.
extension Timestamp {
  /// Days since 1970-01-01, which is day 719,468 after 0000-03-01.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let marchYear = month > 2 ? year : year - 1
    let (era, yearOfEra) = divide(marchYear, by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = divide(days + 719_468, by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
  }

  /// Division that rounds down, so that the remainder is never negative.
  private static func divide(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

extension Timestamp: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let timestamp = Timestamp(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "not a time as in 2026-05-04T10:00:00Z")
    }
    self = timestamp
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
