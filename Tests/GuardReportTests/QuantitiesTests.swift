import GuardReport
import GuardStatus
import Testing

struct QuantitiesTests {
  @Test(arguments: [
    (0, "0 KiB"), (1, "1 KiB"), (1023, "1023 KiB"), (1024, "1 MiB"), (1536, "1.5 MiB"), (10_188, "9.9 MiB"),
    (10_239, "10 MiB"), (65_536, "64 MiB"), (1_048_575, "1 GiB"), (8_388_608, "8 GiB"),
    (UInt64.max, "16 ZiB"),
  ])
  func sizesComeInTheUnitThatFits(kibibytes: UInt64, text: String) {
    #expect(kibibytes.kibibytesText == text)
  }

  @Test(arguments: [
    (-5, "0 s"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (3600, "1 h"),
    (7500, "2 h 5 min"),
    (86_400, "1 d"), (273_600, "3 d 4 h"), (Int64.max, "106751991167300 d 15 h"),
  ])
  func durationsComeInTheirTwoLargestUnits(seconds: Int64, text: String) {
    #expect(Duration.seconds(seconds).text == text)
  }

  @Test func timesAreAbsoluteAndRelative() {
    let time = Timestamp(seconds: 1_777_888_800, microseconds: 999_999)
    #expect(time.absoluteText == "2026-05-04 10:00:00 UTC")
    #expect(time.relativeText(at: Timestamp(seconds: 1_777_888_925)) == "2 min 4 s ago")
    #expect(time.relativeText(at: Timestamp(seconds: 0)) == "just now")
  }
}
