import GuardCore
import Testing

struct PressureTests {
  @Test func bothLinesAreReadInHundredths() throws {
    let text =
      "some avg10=1.50 avg60=0.07 avg300=100.00 total=123456789\nfull avg10=0.00 avg60=0.01 avg300=99.99 total=7\n"
    #expect(
      try Pressure(Array(text.utf8))
        == Pressure(
          some: .init(avg10: 150, avg60: 7, avg300: 10_000, totalMicroseconds: 123_456_789),
          full: .init(avg10: 0, avg60: 1, avg300: 9_999, totalMicroseconds: 7)))
  }

  @Test func aFileWithoutAFullLineHasNone() throws {
    let pressure = try Pressure(
      Array("some avg10=0.00 avg60=0.00 avg300=0.00 total=18446744073709551615\n".utf8))
    #expect(pressure.full == nil)
    #expect(pressure.some.totalMicroseconds == .max)
  }

  @Test func laterFieldsAndLinesAreSkipped() throws {
    let text = "some avg10=0.01 avg60=0.02 avg300=0.03 more=9 total=4\nmost avg10=x\n"
    #expect(
      try Pressure(Array(text.utf8))
        == Pressure(some: .init(avg10: 1, avg60: 2, avg300: 3, totalMicroseconds: 4)))
  }

  @Test(arguments: [
    ("", "some"), ("full avg10=0.00 avg60=0.00 avg300=0.00 total=0", "some"), ("some ", "avg10"),
    ("some avg10=1 avg60=0.00 avg300=0.00 total=0", "avg10"), ("some avg10=-1.00", "avg10"),
    ("some avg10=1.5 avg60=0.00 avg300=0.00 total=0", "avg10"), ("some avg10=99999.00", "avg10"),
    ("some avg10=0.00 avg300=0.00 total=0", "avg60"), ("some avg10=0.00 avg60=0.00 total=0", "avg300"),
    ("some avg10=0.00 avg60=0.00 avg300=0.00", "total"),
    ("some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=", "avg10"),
  ])
  func brokenTextNamesTheMissingField(text: String, field: String) {
    #expect(throws: KernelTextError(missing: field)) { try Pressure(Array(text.utf8)) }
  }
}
