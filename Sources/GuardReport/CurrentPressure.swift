internal import GuardCore
package import GuardLinux
internal import GuardStatus

/// How short memory is now, read by the asker and not by the daemon.
package struct CurrentPressure: Sendable {
  private let stalls: Pressure?
  private let availablePercent: Percent?

  /// What cannot be read is absent.
  package init(in root: RootDirectory) {
    stalls = root.pressure
    availablePercent = root.memory?.availableHundredths.map { Percent(hundredths: $0) }
  }

  /// Puts the figures in place of those of the last document.
  fileprivate func refresh(_ pressure: inout StatusDocument.Pressure) {
    pressure.availablePercent = availablePercent
    // Without the kernel's figures the daemon looks now and then, and knows more than one look does.
    if stalls == nil, pressure.source == .sampled { return }
    pressure.source = stalls == nil ? nil : .psi
    pressure.someAvg10 = (stalls?.some.avg10).map { Percent(hundredths: $0) }
    pressure.fullAvg10 = (stalls?.full?.avg10).map { Percent(hundredths: $0) }
    pressure.someTotalUsec = stalls?.some.totalMicroseconds
    pressure.fullTotalUsec = stalls?.full?.totalMicroseconds
  }
}

extension StatusReading {
  /// The same with the pressure of now. What only a daemon at work can tell, levels and forecasts, is
  /// taken out unless one is.
  package func withPressure(_ current: CurrentPressure) -> StatusReading {
    guard var document else { return self }
    if daemon != .running {
      document.pressure = StatusDocument.Pressure(level: .unknown)
    }
    current.refresh(&document.pressure)
    return StatusReading(daemon: daemon, document: document, problem: problem)
  }
}
