package import GuardStatus

// Numbers as people read them. None depends on a locale: a log and a script see the same.

extension UInt64 {
  /// A size in KiB, in the IEC unit that leaves one to four digits: `512 KiB`, `1.5 GiB`. Rounded to nearest.
  package var kibibytesText: String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB"]
    // In tenths from here on; what would overflow has lost its tenths long before.
    var (unit, divisor): (Int, UInt64) = (0, 1)
    while self / divisor >= 1024, unit < units.count - 1 {
      unit += 1
      divisor *= 1024
    }
    let (whole, rest) = quotientAndRemainder(dividingBy: divisor)
    // rest < divisor <= 2^60, so ten times it still fits.
    let tenths = whole * 10 + (rest * 10 + divisor / 2) / divisor
    if whole < 10 {
      return tenths % 10 == 0
        ? "\(tenths / 10) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
    let rounded = rest >= divisor - rest ? whole + 1 : whole
    return rounded == 1024 && unit < units.count - 1 ? "1 \(units[unit + 1])" : "\(rounded) \(units[unit])"
  }
}

extension Duration {
  /// In its two largest units: `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. Never negative.
  package var text: String {
    let seconds = max(0, components.seconds)
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400)
    func pair(_ large: String, _ rest: Int64, _ small: String) -> String {
      rest == 0 ? large : "\(large) \(rest) \(small)"
    }
    if minutes == 0 { return "\(seconds) s" }
    if hours == 0 { return pair("\(minutes) min", seconds % 60, "s") }
    if days == 0 { return pair("\(hours) h", minutes % 60, "min") }
    return pair("\(days) d", hours % 24, "h")
  }
}

extension Timestamp {
  /// `2026-05-04 10:00:00 UTC`, to the second.
  package var absoluteText: String {
    let text = description
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
  }

  /// `3 min 20 s ago`; a moment to come, as after the clock was set back, is `just now`.
  package func relativeText(at now: Timestamp) -> String {
    let age = now.duration(since: self)
    return age < .seconds(1) ? "just now" : "\(age.text) ago"
  }
}

extension Int64 {
  /// The same for a size that may be negative: `-13 GiB`.
  package var kibibytesText: String { (self < 0 ? "-" : "") + magnitude.kibibytesText }
}
