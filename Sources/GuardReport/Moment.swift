internal import GuardCore
internal import GuardLinux
package import GuardStatus

/// A moment as people write it for `--since`, in the words of systemd.time(7): `2026-05-04 10:00`, `2 hours ago`,
/// `-2h`, `yesterday`, `@1777888800`; also as in RFC 3339. Without a zone it is local time.
package enum Moment {
  /// - Returns: `nil` for what is none, or none that there is, such as 30 February.
  package static func reading(_ text: String, at now: Timestamp) -> Timestamp? {
    let text = Array(text.utf8)[...].trimmed
    if let span = relative(text) { return moved(now, by: span) }
    if text.first == UInt8(ascii: "@") {
      return microseconds(text.dropFirst()).map { Timestamp(microsecondsSinceEpoch: $0) }
    }
    let nowSeconds = now.microsecondsSinceEpoch / 1_000_000
    func midnight(_ days: Int) -> Timestamp? {
      guard var today = CivilTime(local: nowSeconds) else { return nil }
      (today.day, today.hour, today.minute, today.second) = (today.day + days, 0, 0, 0)
      return today.localSeconds.map { Timestamp(seconds: $0) }
    }
    if text.equals("now") { return now }
    if text.equals("today") { return midnight(0) }
    if text.equals("yesterday") { return midnight(-1) }
    if text.equals("tomorrow") { return midnight(1) }
    return absolute(text, today: CivilTime(local: nowSeconds))
  }

  private static func moved(_ now: Timestamp, by span: Int64) -> Timestamp? {
    let (sum, overflowed) = now.microsecondsSinceEpoch.addingReportingOverflow(span)
    return overflowed ? nil : Timestamp(microsecondsSinceEpoch: sum)
  }

  // MARK: A span from now

  /// In microseconds; negative for the past.
  private static func relative(_ text: ArraySlice<UInt8>) -> Int64? {
    if text.first == UInt8(ascii: "+") { return span(text.dropFirst()) }
    if text.first == UInt8(ascii: "-") { return span(text.dropFirst()).map { -$0 } }
    if text.ends(with: " ago") { return span(text.dropLast(4)).map { -$0 } }
    return text.ends(with: " left") ? span(text.dropLast(5)) : nil
  }

  /// `2h 30min`, `1.5 days`; a number alone is of seconds.
  private static func span(_ text: ArraySlice<UInt8>) -> Int64? {
    var rest = text.trimmed
    var sum: Int64 = 0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let number = rest.prefix { $0.isDigit || $0 == UInt8(ascii: ".") }
      rest = rest.dropFirst(number.count).trimmed
      let word = rest.prefix { !$0.isDigit && !$0.isBlank }
      rest = rest.dropFirst(word.count).trimmed
      // The number in millionths, the unit in microseconds.
      guard let amount = microseconds(number), let unit = unitMicroseconds(word) else { return nil }
      let scaled = amount.multipliedFullWidth(by: unit)
      // Else the quotient would not fit.
      guard scaled.high < 500_000 else { return nil }
      let part = Int64(1_000_000).dividingFullWidth(scaled).quotient
      let (next, overflowed) = sum.addingReportingOverflow(part)
      guard !overflowed else { return nil }
      sum = next
    }
    return sum
  }

  private static func unitMicroseconds(_ word: ArraySlice<UInt8>) -> Int64? {
    let second: Int64 = 1_000_000
    return switch String(decoding: word, as: UTF8.self) {
    case "us", "usec", "µs", "μs": 1
    case "ms", "msec": 1000
    case "", "s", "sec", "second", "seconds": second
    case "m", "min", "minute", "minutes": 60 * second
    case "h", "hr", "hour", "hours": 3600 * second
    case "d", "day", "days": 86_400 * second
    case "w", "week", "weeks": 7 * 86_400 * second
    // 30.44 and 365.25 days.
    case "M", "month", "months": 2_630_016 * second
    case "y", "year", "years": 31_557_600 * second
    default: nil
    }
  }

  /// `12.5` as 12,500,000; what is finer than a millionth is cut off.
  private static func microseconds(_ text: ArraySlice<UInt8>) -> Int64? {
    let whole = text.prefix { $0 != UInt8(ascii: ".") }
    var fraction = Array(text.dropFirst(whole.count).dropFirst().prefix(6))
    guard whole.count < text.count ? !fraction.isEmpty : true else { return nil }
    while fraction.count < 6 { fraction.append(UInt8(ascii: "0")) }
    guard let seconds = Int64(ascii: whole), seconds >= 0, let millionths = UInt32(ascii: fraction),
      text.dropFirst(whole.count).dropFirst().allSatisfy(\.isDigit)
    else { return nil }
    let (scaled, overflowed) = seconds.multipliedReportingOverflow(by: 1_000_000)
    let (sum, carried) = scaled.addingReportingOverflow(Int64(millionths))
    return overflowed || carried ? nil : sum
  }

  // MARK: A date, a time, or both

  private static func absolute(_ text: ArraySlice<UInt8>, today: CivilTime?) -> Timestamp? {
    var (rest, zone) = takingZone(text)
    guard var time = today else { return nil }
    var hasDate = false
    if let date = date(rest.prefix(10)) {
      (time, hasDate) = (date, true)
      rest = rest.dropFirst(10)
      if rest.first == UInt8(ascii: "T") || rest.first == UInt8(ascii: "t") || rest.first == 0x20 {
        rest = rest.dropFirst()
        guard !rest.isEmpty else { return nil }
      } else if !rest.isEmpty {
        return nil
      }
    }
    (time.hour, time.minute, time.second) = (0, 0, 0)
    var fraction: Int64 = 0
    if !rest.isEmpty || !hasDate {
      guard let microseconds = timeOfDay(rest, into: &time) else { return nil }
      fraction = microseconds
    }
    if let zone {
      let days = CivilTime.text(of: time)
      guard let utc = Timestamp(days) else { return nil }
      return Timestamp(microsecondsSinceEpoch: utc.microsecondsSinceEpoch - zone * 1_000_000 + fraction)
    }
    return time.localSeconds.map { Timestamp(seconds: $0, microseconds: fraction) }
  }

  /// Takes `UTC`, `Z` or `+02:00` off the end; its distance from UTC in seconds.
  private static func takingZone(_ text: ArraySlice<UInt8>) -> (rest: ArraySlice<UInt8>, zone: Int64?) {
    if text.ends(with: " UTC") { return (text.dropLast(4), 0) }
    if let last = text.last, last == UInt8(ascii: "Z") || last == UInt8(ascii: "z") {
      return (text.dropLast(), 0)
    }
    // Only behind a time: the dashes of a date are not meant.
    guard text.count > 6, text.contains(UInt8(ascii: ":")) else { return (text, nil) }
    let zone = text.suffix(6)
    guard let sign = zone.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
      let hours = Int64(ascii: zone.dropFirst().prefix(2)), hours >= 0,
      zone.matches(":", at: zone.startIndex + 3),
      let minutes = Int64(ascii: zone.suffix(2)), minutes >= 0, hours < 24, minutes < 60
    else { return (text, nil) }
    let distance = hours * 3600 + minutes * 60
    return (text.dropLast(6).trimmed, sign == UInt8(ascii: "-") ? -distance : distance)
  }

  private static func date(_ text: ArraySlice<UInt8>) -> CivilTime? {
    // Whoever knows which days there are.
    guard text.count == 10, Timestamp("\(text.printable)T00:00:00Z") != nil else { return nil }
    guard let year = Int(ascii: text.prefix(4)), let month = Int(ascii: text.dropFirst(5).prefix(2)),
      let day = Int(ascii: text.suffix(2))
    else { return nil }
    return CivilTime(year: year, month: month, day: day)
  }

  /// `10:00`, `10:00:30`, `10:00:30.5`; the fraction in microseconds.
  private static func timeOfDay(_ text: ArraySlice<UInt8>, into time: inout CivilTime) -> Int64? {
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3, parts.prefix(2).allSatisfy({ (1...2).contains($0.count) }),
      let hour = UInt8(ascii: parts[0]), hour < 24, let minute = UInt8(ascii: parts[1]), minute < 60
    else { return nil }
    (time.hour, time.minute) = (Int(hour), Int(minute))
    guard parts.count == 3 else { return 0 }
    guard let microseconds = microseconds(parts[2]), microseconds < 60_000_000 else { return nil }
    time.second = Int(microseconds / 1_000_000)
    return microseconds % 1_000_000
  }
}

extension CivilTime {
  /// As in RFC 3339, in UTC.
  fileprivate static func text(of time: CivilTime) -> String {
    func digits(_ number: Int, _ count: Int) -> String {
      let text = "\(number)"
      return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
    return "\(digits(time.year, 4))-\(digits(time.month, 2))-\(digits(time.day, 2))T"
      + "\(digits(time.hour, 2)):\(digits(time.minute, 2)):\(digits(time.second, 2))Z"
  }
}
