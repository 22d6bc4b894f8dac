extension StatusDocument {
  /// How short memory is.
  package struct Pressure: Codable, Equatable, Sendable {
    package enum Level: String, Codable, CaseIterable, Sendable { case calm, warning, critical, unknown }
    package enum Source: String, Codable, Sendable {
      /// The kernel's pressure stall information, Documentation/accounting/psi.rst.
      case psi
      /// Worked out by looking now and then, where the kernel has no such information.
      case sampled
    }

    package var level: Level
    /// Since when the level is what it is; `nil` while it is unknown.
    package var since: Timestamp?
    /// Share of the last ten seconds in which some, or all, tasks waited for memory.
    package var someAvg10: Percent?
    package var fullAvg10: Percent?
    /// Time so waited since boot, in microseconds.
    package var someTotalUsec: UInt64?
    package var fullTotalUsec: UInt64?
    /// MemAvailable as a share of MemTotal.
    package var availablePercent: Percent?
    /// `nil` where there is none.
    package var source: Source?
    /// When memory will be used up if it goes on like this; `nil` if it does not look so.
    package var exhaustedInSeconds: Int?
    /// The process that grows fastest.
    package var fastest: Fastest?
    /// Units with a pressure level of their own.
    package var units: [Unit]

    package init(
      level: Level, since: Timestamp? = nil, someAvg10: Percent? = nil, fullAvg10: Percent? = nil,
      someTotalUsec: UInt64? = nil, fullTotalUsec: UInt64? = nil, availablePercent: Percent? = nil,
      source: Source? = nil, exhaustedInSeconds: Int? = nil, fastest: Fastest? = nil, units: [Unit] = []
    ) {
      (self.level, self.since, self.someAvg10, self.fullAvg10) = (level, since, someAvg10, fullAvg10)
      (self.someTotalUsec, self.fullTotalUsec) = (someTotalUsec, fullTotalUsec)
      (self.availablePercent, self.source) = (availablePercent, source)
      (self.exhaustedInSeconds, self.fastest, self.units) = (exhaustedInSeconds, fastest, units)
    }

    private enum CodingKeys: String, CodingKey {
      case level, since
      case someAvg10 = "some_avg10"
      case fullAvg10 = "full_avg10"
      case someTotalUsec = "some_total_usec"
      case fullTotalUsec = "full_total_usec"
      case availablePercent = "available_percent"
      case source
      case exhaustedInSeconds = "exhausted_in_seconds"
      case fastest, units
    }

    /// The process that takes the most memory per second.
    package struct Fastest: Codable, Equatable, Sendable {
      package var pid: Int32
      package var comm: String
      package var unit: String?
      package var kbPerSecond: Int64

      package init(pid: Int32, comm: String, unit: String?, kbPerSecond: Int64) {
        (self.pid, self.comm, self.unit, self.kbPerSecond) = (pid, comm, unit, kbPerSecond)
      }

      private enum CodingKeys: String, CodingKey {
        case pid, comm, unit
        case kbPerSecond = "kb_per_second"
      }
    }

    /// The pressure within one unit.
    package struct Unit: Codable, Equatable, Sendable {
      package var unit: String
      package var level: Level
      package var since: Timestamp

      package init(unit: String, level: Level, since: Timestamp) {
        (self.unit, self.level, self.since) = (unit, level, since)
      }
    }
  }
}
