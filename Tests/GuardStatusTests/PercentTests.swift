import GuardStatus
import Testing

struct PercentTests {
  @Test(arguments: [
    (0, "0"), (9310, "93.1"), (9301, "93.01"), (10_000, "100"), (5, "0.05"), (50, "0.5"), (-150, "-1.5"),
    (Int.min, "-92233720368547758.08"),
  ])
  func asManyDecimalsAsItTakes(hundredths: Int, text: String) {
    #expect(Percent(hundredths: hundredths).description == text)
  }
}
