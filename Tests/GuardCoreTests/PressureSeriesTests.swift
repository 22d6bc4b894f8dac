import GuardCore
import GuardTestSupport
import Testing

/// Series recorded on real kernels, and what is to be told of each. `Tests/Fixtures/pressure` says how they were made.
struct PressureSeriesTests {
  /// One line of a series.
  private struct Sample {
    var at: Duration
    var headroom: Headroom
    var pressure: Pressure
    var counters: VMStat
    var kills: UInt64
  }

  private func series(_ name: String) throws -> [Sample] {
    let lines = try Fixture.bytes("pressure/\(name).txt").split(separator: UInt8(ascii: "\n"))
    return try lines.filter { $0.first.map { (0x30...0x39).contains($0) } ?? false }.map { line in
      let numbers = line.split(separator: UInt8(ascii: " ")).compactMap { UInt64(ascii: $0) }
      try #require(numbers.count == 10)
      func stalls(_ total: UInt64) -> Pressure.Line {
        .init(avg10: 0, avg60: 0, avg300: 0, totalMicroseconds: total)
      }
      let memory =
        "MemTotal: \(numbers[1]) kB\nMemAvailable: \(numbers[2]) kB\nSwapFree: \(numbers[3]) kB\n"
      let counters =
        "allocstall_normal \(numbers[6])\npgscan_direct \(numbers[7])\npgsteal_direct \(numbers[8])\n"
      return Sample(
        at: .milliseconds(Int64(numbers[0])), headroom: Headroom(try MemoryInfo(Array(memory.utf8))),
        pressure: Pressure(some: stalls(numbers[4]), full: stalls(numbers[5])),
        counters: VMStat(Array(counters.utf8)), kills: numbers[9])
    }
  }

  /// A trigger as the kernel has it: fires when a window's growth reaches the threshold, at most once a window.
  private struct Trigger {
    let level: PressureAlarm.Level
    let threshold: PressureSettings.Threshold
    var lastFired: Duration?

    mutating func fires(at index: Int, of samples: [Sample]) -> Bool {
      let now = samples[index]
      let start = samples[...index].last { $0.at <= now.at - threshold.window } ?? samples[0]
      func total(_ sample: Sample) -> UInt64 { sample.pressure.totalMicroseconds(of: threshold.kind) }
      let growth = total(now) - total(start)
      guard growth >= threshold.stallMicroseconds, lastFired.map({ now.at - $0 >= threshold.window }) ?? true
      else { return false }
      lastFired = now.at
      return true
    }
  }

  /// Each change of the level, and when, and what was forecast first while it was raised.
  private struct Told {
    var changes: [(level: PressureAlarm.Level, at: Duration)] = []
    var forecast: (seconds: Int, at: Duration)?
    var levels: [PressureAlarm.Level] { changes.map(\.level) }
  }

  private func told(
    _ samples: [Sample], sampled: Bool, _ settings: PressureSettings = PressureSettings()
  ) -> Told {
    var alarm = PressureAlarm(settings, armedAt: samples[0].pressure)
    var triggers = [
      Trigger(level: .warning, threshold: settings.warning),
      Trigger(level: .critical, threshold: settings.critical),
    ]
    var looks = SampledPressure(settings)
    var (nextLook, nextTrendLook) = (samples[0].at, Duration.zero)
    var trend: MemoryTrend?
    var told = Told()
    for (index, sample) in samples.enumerated() {
      var changes = [alarm.settle(at: sample.at) { sample.headroom.availableHundredths }]
      if sampled {
        if sample.at >= nextLook {
          let look = SampledPressure.Look(
            at: sample.at, headroom: sample.headroom, pressure: nil, counters: sample.counters)
          changes.append(
            alarm.raised(
              looks.level(of: look), available: sample.headroom.availableHundredths, at: sample.at))
          nextLook = sample.at + looks.pause(sample.headroom)
        }
      } else {
        for number in triggers.indices where triggers[number].fires(at: index, of: samples) {
          changes.append(
            alarm.triggered(
              triggers[number].level, pressure: sample.pressure,
              available: sample.headroom.availableHundredths, at: sample.at))
        }
      }
      told.changes += changes.compactMap { $0 }.map { ($0, sample.at) }
      trend = alarm.level == .calm ? nil : trend ?? MemoryTrend()
      if sample.at >= nextTrendLook, let left = sample.headroom.leftKB {
        trend?.add(leftKB: left, at: sample.at)
        nextTrendLook = sample.at + .seconds(1)
        if told.forecast == nil, let seconds = trend?.exhaustedInSeconds {
          told.forecast = (seconds, sample.at)
        }
      }
    }
    return told
  }

  /// What is to be told of a series by triggers, and where there are none, by looks now and then.
  private struct Expectation: CustomTestStringConvertible {
    var series: String
    var byTriggers: [PressureAlarm.Level]
    var byLooks: [PressureAlarm.Level]
    var testDescription: String { series }
  }

  private static let expectations = [
    Expectation(series: "build", byTriggers: [], byLooks: []),
    Expectation(series: "io-storm", byTriggers: [], byLooks: []),
    Expectation(series: "leak-alone", byTriggers: [.warning, .critical], byLooks: [.warning, .critical]),
    Expectation(series: "leak-cache", byTriggers: [.warning, .critical], byLooks: [.warning, .critical]),
    Expectation(series: "leak-swap", byTriggers: [.critical], byLooks: [.warning, .critical]),
    Expectation(series: "leak-zram", byTriggers: [.warning, .critical], byLooks: [.warning, .critical]),
    Expectation(
      series: "zram", byTriggers: [.warning, .critical, .calm],
      byLooks: [.warning, .critical, .warning, .calm]),
  ]

  @Test(arguments: expectations)
  private func eachSeriesIsToldOfAsItDeserves(_ expected: Expectation) throws {
    let samples = try series(expected.series)
    #expect(samples.count > 100)
    #expect(told(samples, sampled: false).levels == expected.byTriggers)
    #expect(told(samples, sampled: true).levels == expected.byLooks)
  }

  @Test func itIsThePlentyThatKeepsAnIOStormQuiet() throws {
    let samples = try series("io-storm")
    let stall =
      samples[samples.count - 1].pressure.some.totalMicroseconds - samples[0].pressure.some.totalMicroseconds
    #expect(stall > 3_000_000)
    var open = PressureSettings()
    open.availableBelowPercent = 100
    #expect(told(samples, sampled: false, open).levels.first == .warning)
  }

  @Test(arguments: ["leak-alone", "leak-cache", "leak-swap", "leak-zram"], [false, true])
  func aLeakIsToldOfTenSecondsBeforeTheKillAndSoonWithItsEnd(name: String, sampled: Bool) throws {
    let samples = try series(name)
    let kill = try #require(samples.first { $0.kills > samples[0].kills }).at
    let told = told(samples, sampled: sampled)
    let first = try #require(told.changes.first)
    #expect(first.level != .calm)
    #expect(kill - first.at >= .seconds(10), "\(kill - first.at)")
    let forecast = try #require(told.forecast)
    #expect(kill - forecast.at >= .seconds(5), "\(forecast.seconds) s, said \(kill - forecast.at) before")
  }
}
