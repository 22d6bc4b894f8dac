import Foundation
import GuardStatus
import GuardTestSupport
import Testing

struct TimestampTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("2026-05-04T10:00:00Z", 1_777_888_800_000_000),
    ("2024-02-29T23:59:59.000001Z", 1_709_251_199_000_001), ("2000-03-01T00:00:00Z", 951_868_800_000_000),
    ("1969-12-31T23:59:59.500000Z", -500_000), ("0000-01-01T00:00:00Z", -62_167_219_200_000_000),
    ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
  ])
  func textAndMomentAreTheSame(text: String, microseconds: Int64) {
    #expect(Timestamp(microsecondsSinceEpoch: microseconds).description == text)
    #expect(Timestamp(text) == Timestamp(microsecondsSinceEpoch: microseconds))
  }

  @Test(arguments: [
    "", "Z", "2026-05-04", "2026-05-04T10:00:00", "2026-05-04t10:00:00Z", "2026-05-04T10:00:00z",
    "2026-02-30T10:00:00Z", "2025-02-29T10:00:00Z", "1900-02-29T10:00:00Z", "2026-13-01T10:00:00Z",
    "2026-00-01T10:00:00Z", "2026-01-00T10:00:00Z", "2026-05-04T24:00:00Z", "2026-05-04T10:60:00Z",
    "2026-05-04T10:00:60Z", "2026-05-04T10:00:00.Z", "2026-05-04T10:00:00.1x3Z", "2026-05-04T10:00:00,5Z",
    "2026-05-04T10:00:00+02:00", "-026-05-04T10:00:00Z", "+026-05-04T10:00:00Z", "2026-05-04T1é:00:00Z",
  ])
  func whatIsNoTimeIsRefused(text: String) { #expect(Timestamp(text) == nil) }

  @Test func fractionsOfAnyLengthAreReadAndCutToMicroseconds() {
    #expect(Timestamp("1970-01-01T00:00:00.5Z") == Timestamp(seconds: 0, microseconds: 500_000))
    #expect(
      Timestamp("1970-01-01T00:00:00.1234569999999999999999Z") == Timestamp(seconds: 0, microseconds: 123_456)
    )
  }

  @Test func momentsBeyondTheCalendarBecomeItsEnds() {
    #expect(Timestamp(seconds: .max, microseconds: .max).description == "9999-12-31T23:59:59.999999Z")
    #expect(Timestamp(seconds: .min, microseconds: .min).description == "0000-01-01T00:00:00Z")
    #expect(Timestamp(seconds: 1, microseconds: .max).description == "9999-12-31T23:59:59.999999Z")
  }

  @Test func durationsAreSigned() {
    let (early, late) = (Timestamp(seconds: -1), Timestamp(seconds: 1, microseconds: 5))
    #expect(late.duration(since: early) == .seconds(2) + .microseconds(5))
    #expect(early.duration(since: late) == .seconds(-2) - .microseconds(5))
  }

  @Test func everyDayAgreesWithFoundation() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    let formatter = ISO8601DateFormatter()
    for _ in 0..<5000 {
      // Foundation changes to the Julian calendar before 1582.
      let seconds = Int64.random(in: -12_000_000_000...253_402_300_799, using: &random)
      let expected = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
      let timestamp = Timestamp(seconds: seconds)
      #expect(timestamp.description == expected, "seed \(seed)")
      #expect(Timestamp(expected) == timestamp, "seed \(seed)")
    }
  }
}
