import Foundation
import GuardLinux
import GuardReport
import GuardStatus
import Testing

struct MomentTests {
  /// 2026-05-04T10:00:00.5Z
  private static let now = Timestamp(seconds: 1_777_888_800, microseconds: 500_000)

  @Test(arguments: [
    ("now", "2026-05-04T10:00:00.5Z"), ("-2h", "2026-05-04T08:00:00.5Z"),
    ("1 hour ago", "2026-05-04T09:00:00.5Z"),
    ("2h 30min ago", "2026-05-04T07:30:00.5Z"), ("-2h30min", "2026-05-04T07:30:00.5Z"),
    ("+5s", "2026-05-04T10:00:05.5Z"),
    ("5s left", "2026-05-04T10:00:05.5Z"), ("-90", "2026-05-04T09:58:30.5Z"),
    ("1.5d ago", "2026-05-02T22:00:00.5Z"),
    ("-1 week", "2026-04-27T10:00:00.5Z"), ("-1y", "2025-05-04T04:00:00.5Z"),
    ("- 1 day", "2026-05-03T10:00:00.5Z"),
    ("@1777888800", "2026-05-04T10:00:00Z"), ("@1777888800.25", "2026-05-04T10:00:00.25Z"),
    ("2026-05-04T10:00:00Z", "2026-05-04T10:00:00Z"), ("2026-05-04 10:00:00 UTC", "2026-05-04T10:00:00Z"),
    ("2026-05-04T10:00:00.123+02:00", "2026-05-04T08:00:00.123Z"),
    ("2026-05-04 10:00 UTC", "2026-05-04T10:00:00Z"),
    ("2026-05-04T10:00:00-05:30", "2026-05-04T15:30:00Z"), (" 2024-02-29 00:00 UTC ", "2024-02-29T00:00:00Z"),
  ])
  func aMomentIsRead(text: String, expected: String) {
    #expect(Moment.reading(text, at: Self.now) == Timestamp(expected))
  }

  @Test(arguments: [
    "", "-", "ago", "1 hour", "1 fortnight ago", "x", "@", "@x", "@-5", "2026-02-30", "2026-13-01",
    "2026-1-1",
    "2026-05-04T", "2026-05-04 25:00", "10:60", "10:00:60", "10", "2026-05-04x10:00", "yesterdayish",
    "-1.y", "-99999999999999999999s", "-9999999999999y", "2026-05-04T10:00:00+25:00", "1 2 3 ago ago",
  ])
  func whatIsNoneIsRefused(text: String) {
    #expect(Moment.reading(text, at: Self.now) == nil)
  }

  /// In the zone of whoever runs the test: the calendar of Foundation is the other opinion.
  @Test func withoutAZoneItIsLocalTime() throws {
    let calendar = Calendar(identifier: .gregorian)
    let now = Date(timeIntervalSince1970: 1_777_888_800)
    func seconds(_ text: String) -> Int64? {
      Moment.reading(text, at: Self.now).map { $0.microsecondsSinceEpoch / 1_000_000 }
    }
    let midnight = calendar.startOfDay(for: now)
    let yesterday = try #require(calendar.date(byAdding: .day, value: -1, to: midnight))
    #expect(seconds("today") == Int64(midnight.timeIntervalSince1970))
    #expect(seconds("yesterday") == Int64(yesterday.timeIntervalSince1970))
    let parts = DateComponents(year: 2026, month: 1, day: 1, hour: 3, minute: 4, second: 5)
    let date = try #require(calendar.date(from: parts))
    #expect(seconds("2026-01-01 03:04:05") == Int64(date.timeIntervalSince1970))
    #expect(seconds("2026-01-01 3:04:05") == Int64(date.timeIntervalSince1970))
    let day = try #require(calendar.date(from: DateComponents(year: 2026, month: 1, day: 1)))
    #expect(seconds("2026-01-01") == Int64(day.timeIntervalSince1970))
    let time = try #require(calendar.date(bySettingHour: 7, minute: 8, second: 0, of: now))
    #expect(seconds("07:08") == Int64(time.timeIntervalSince1970))
  }
}
