import GuardLinux
import GuardReport
import GuardStatus
import GuardTestSupport
import Testing

struct CurrentPressureTests {
  private let root: TemporaryRoot

  init() throws { root = try TemporaryRoot() }

  private func pressure(of reading: StatusReading) -> StatusDocument.Pressure? {
    reading.withPressure(CurrentPressure(in: RootDirectory(root.path))).document?.pressure
  }

  private func putFigures() throws {
    try root.write(
      "some avg10=1.50 avg60=0.00 avg300=0.00 total=77\nfull avg10=0.25 avg60=0.00 avg300=0.00 total=66\n",
      to: "proc/pressure/memory")
    try root.write("MemTotal: 3000 kB\nMemFree: 10 kB\nMemAvailable: 1000 kB\n", to: "proc/meminfo")
  }

  @Test func figuresAreReadNowAndTheRestIsTheDaemons() throws {
    try putFigures()
    var expected = StatusDocument.troubled.pressure
    expected.someAvg10 = Percent(hundredths: 150)
    expected.fullAvg10 = Percent(hundredths: 25)
    expected.someTotalUsec = 77
    expected.fullTotalUsec = 66
    expected.availablePercent = Percent(hundredths: 3333)
    #expect(pressure(of: StatusReading(daemon: .running, document: .troubled, problem: nil)) == expected)
  }

  @Test(arguments: [DaemonState.stopped, .stuck]) func noLevelOutlivesTheDaemon(daemon: DaemonState) throws {
    try putFigures()
    #expect(
      pressure(of: StatusReading(daemon: daemon, document: .troubled, problem: nil))
        == StatusDocument.Pressure(
          level: .unknown, someAvg10: Percent(hundredths: 150), fullAvg10: Percent(hundredths: 25),
          someTotalUsec: 77, fullTotalUsec: 66, availablePercent: Percent(hundredths: 3333), source: .psi))
  }

  @Test func figuresThatCannotBeReadAreAbsentNotOld() {
    var expected = StatusDocument.calm.pressure
    expected.someAvg10 = nil
    expected.fullAvg10 = nil
    expected.someTotalUsec = nil
    expected.fullTotalUsec = nil
    expected.availablePercent = nil
    expected.source = nil
    #expect(pressure(of: StatusReading(daemon: .running, document: .calm, problem: nil)) == expected)
  }

  @Test func whatTheDaemonSampledStaysWhereTheKernelHasNoFigures() throws {
    try root.write("MemTotal: 3000 kB\nMemAvailable: 4000 kB\n", to: "proc/meminfo")
    var document = StatusDocument.calm
    document.pressure.source = .sampled
    var expected = document.pressure
    expected.availablePercent = Percent(hundredths: 10_000)
    #expect(pressure(of: StatusReading(daemon: .running, document: document, problem: nil)) == expected)
  }
}
