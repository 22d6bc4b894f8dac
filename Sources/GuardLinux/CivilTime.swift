internal import Glibc

/// A date and a time of day, as a calendar on the wall shows them.
package struct CivilTime: Equatable, Sendable {
  package var year, month, day: Int
  package var hour = 0
  package var minute = 0
  package var second = 0

  package init(year: Int, month: Int, day: Int) { (self.year, self.month, self.day) = (year, month, day) }

  /// What it is here: by TZ or /etc/localtime, see tzset(3).
  package init?(local seconds: Int64) {
    var time = time_t(seconds)
    var parts = unsafe tm()
    guard unsafe localtime_r(&time, &parts) != nil else { return nil }
    unsafe (year, month, day) = (Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday))
    unsafe (hour, minute, second) = (Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec))
  }

  /// The local time's seconds since 1970-01-01 UTC. A day beyond its month counts into the next, as in mktime(3).
  package var localSeconds: Int64? {
    guard let year = Int32(exactly: year - 1900), let month = Int32(exactly: month - 1),
      let day = Int32(exactly: day), let hour = Int32(exactly: hour), let minute = Int32(exactly: minute),
      let second = Int32(exactly: second)
    else { return nil }
    var parts = unsafe tm()
    unsafe (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year, month, day)
    // Whether summer time is in force is for the time zone to say.
    unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec, parts.tm_isdst) = (hour, minute, second, -1)
    let seconds = unsafe mktime(&parts)
    // -1 is a moment of 1969 as well; nobody asks for it.
    return seconds == -1 ? nil : Int64(seconds)
  }
}
