import GuardCore
import Testing

struct ForecastTests {
  private static let scale = BadnessScale(totalKB: 16_000_000, pageBytes: 4096)

  private func candidate(_ pid: Int32, rss: UInt64?, score: Int = 0) throws -> OOMCandidate {
    OOMCandidate(pid: pid, rssKB: rss, swapKB: 0, pgtablesKB: 0, score: try #require(OOMScoreAdj(score)))
  }

  private func crowd() throws -> [OOMCandidate] {
    [
      try candidate(5, rss: 400), try candidate(6, rss: 4_000, score: -1000), try candidate(7, rss: 400),
      try candidate(1, rss: 99_999_999), try candidate(8, rss: 4, score: 500),
      try candidate(9, rss: 4_000_000, score: -500), try candidate(10, rss: nil),
    ]
  }

  private func places(_ forecast: Forecast) -> [[Int64]] {
    forecast.places.map { [Int64($0.index), $0.badness] }
  }

  @Test func theOrderIsTheKernels() throws {
    let forecast = Forecast(try crowd(), on: Self.scale)
    #expect(places(forecast) == [[4, 2_000_001], [2, 100], [0, 100], [5, -1_000_000]])
  }

  @Test func aContainersFirstProcessIsOneLikeOthers() throws {
    var crowd = try crowd()
    crowd[3].isInit = false
    #expect(places(Forecast(crowd, on: Self.scale)).first == [3, 24_999_999])
  }

  @Test func onlyWhoComesFirstIsPassedOver() throws {
    var forecast = Forecast(try crowd(), on: Self.scale)
    var asked: [Int] = []
    forecast.passOver {
      asked.append($0)
      return $0 != 0
    }
    #expect(places(forecast) == [[0, 100], [5, -1_000_000]])
    #expect(asked == [4, 2, 0])
  }

  @Test func theMarginIsTheDistanceToTheFirst() throws {
    let forecast = Forecast(try crowd(), on: Self.scale)
    #expect(forecast.margin(of: -1_000_000) == 3_000_001)
    #expect(forecast.margin(of: 2_000_001) == 0)
    #expect(Forecast([], on: Self.scale).margin(of: 5) == 0)
    #expect(forecast.margin(of: .min) == .max)
  }
}
