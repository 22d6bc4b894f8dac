internal import GuardCore
internal import GuardLinux

/// Reads the kernel's log for its OOM kills.
final class KillWatch {
  /// One `Killed process` line.
  enum Sighting {
    case kill(OOMKill)
    /// The line of a kill told before, printed again. The kernel's count holds it again as well.
    case repetition(of: Int32, sequence: UInt64)
  }

  /// What one turn of the loop read.
  struct Taken {
    var sightings: [Sighting] = []
    /// Records that were overwritten before they could be read.
    var lost: UInt64 = 0
    /// Whether everything that was there has been read.
    var isDrained = false
  }

  /// A flood must not keep the loop from its other work.
  private static let recordsPerTurn = 2000

  private var log: KernelLog
  private var reader = OOMReportReader()
  private var clock = LogClock()
  private var lastSequence: UInt64?
  /// Up to where the log was read before it had to be opened anew.
  private let toldSequence: UInt64?
  /// Whether the last turn read everything, so that what comes now was printed now.
  private var isWaiting = false
  private(set) var lostRecords: UInt64

  /// How far the log was read, and what was missing of it.
  struct Place {
    var sequence: UInt64?
    var lostRecords: UInt64 = 0
  }
  var place: Place { Place(sequence: lastSequence, lostRecords: lostRecords) }

  /// - Parameter place: where one before this had come to: of what it told nothing is told again.
  init(in root: RootDirectory, after place: Place) throws(SystemCallError) {
    log = try KernelLog(in: root)
    (toldSequence, lastSequence, lostRecords) = (place.sequence, place.sequence, place.lostRecords)
  }

  var descriptor: OwnedDescriptor {
    _read { yield log.descriptor }
  }

  /// The kills told of by what is there to read now, up to a bound.
  func take() throws(SystemCallError) -> Taken {
    var taken = Taken()
    var newest: UInt64?
    for _ in 0..<Self.recordsPerTurn {
      guard let reading = try log.next() else {
        taken.isDrained = true
        break
      }
      // After an overrun the next record's number tells how much is missing.
      guard case .record(let bytes) = reading, let head = KmsgRecord.Head(bytes) else { continue }
      if let lastSequence, head.sequence > lastSequence &+ 1 {
        taken.lost += head.sequence - lastSequence - 1
        reader.noteLoss()
      }
      (lastSequence, newest) = (head.sequence, head.microseconds)
      // Records of programs carry another facility than the kernel's: in a flood, most of them.
      guard head.isFromKernel, reader.isInsideReport || OOMReportReader.isCandidate(bytes),
        let record = try? KmsgRecord(bytes)
      else { continue }
      let kill = reader.read(record)
      // The report of a kill may have begun before.
      if let toldSequence, head.sequence <= toldSequence { continue }
      if let kill {
        taken.sightings.append(.kill(kill))
      } else if let pid = reader.repeatedPID {
        taken.sightings.append(.repetition(of: pid, sequence: head.sequence))
      }
    }
    lostRecords += taken.lost
    if isWaiting, let newest { clock.received(newest, at: Clock.monotonic()) }
    isWaiting = taken.isDrained
    return taken
  }

  /// How long ago a record was printed; time asleep does not count.
  func age(of microseconds: UInt64) -> Duration {
    let now = Clock.monotonic()
    return now - clock.monotonic(microseconds, at: now)
  }
}
