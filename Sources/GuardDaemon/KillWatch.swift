internal import GuardCore
internal import GuardLinux

/// Reads the kernel's log for its OOM kills.
final class KillWatch {
  /// How many records one turn of the loop reads: a flood must not keep the loop from its other work.
  private static let recordsPerTurn = 2000

  private let log: KernelLog
  private var reader = OOMReportReader()
  private var lastSequence: UInt64?
  private(set) var lostRecords: UInt64 = 0

  init(in root: RootDirectory) throws(SystemCallError) { log = try KernelLog(in: root) }

  var descriptor: OwnedDescriptor {
    _read { yield log.descriptor }
  }

  /// The kills told of by what is there to read now, up to a bound, and how many records were lost on the way.
  func take() throws(SystemCallError) -> (kills: [OOMKill], lost: UInt64, isDrained: Bool) {
    var kills: [OOMKill] = []
    let lostBefore = lostRecords
    for _ in 0..<Self.recordsPerTurn {
      guard let reading = try log.next() else { return (kills, lostRecords - lostBefore, true) }
      // After an overrun the next record's number tells how much is missing.
      guard case .record(let bytes) = reading, let record = try? KmsgRecord(bytes) else { continue }
      if let last = lastSequence, record.sequence > last + 1 {
        lostRecords += record.sequence - last - 1
        reader.noteLoss()
      }
      lastSequence = record.sequence
      // Records of programs, which carry another facility than the kernel's, are no news to the reader.
      if let kill = reader.read(record) { kills.append(kill) }
    }
    return (kills, lostRecords - lostBefore, false)
  }
}
