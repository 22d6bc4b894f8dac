import GuardTestSupport
import Testing

@testable import GuardSystemd

struct OutboxTests {
  private let temporary: TemporaryRoot
  private var path: String { "\(temporary.path)/s" }

  init() throws { temporary = try TemporaryRoot() }

  private func message(_ number: Int) -> [UInt8] { Array("\(number)".utf8) }

  /// Sends numbers from `first` on until one has to wait; returns how many went through.
  private func fill(_ outbox: Outbox, from first: Int) -> Int {
    var number = first
    while outbox.retryAt == nil {
      outbox.send(message(number), at: .zero)
      number += 1
    }
    return number - 1 - first
  }

  @Test func whatTheReaderTakesIsSentAtOnce() throws {
    let reader = try BoundSocket(path)
    let outbox = Outbox(to: path)
    for number in 0..<5 { outbox.send(message(number), at: .zero) }
    #expect(reader.receiveAll() == (0..<5).map(message))
    #expect(outbox.retryAt == nil && outbox.unsent == 0)
  }

  @Test func whatAStuckReaderDoesNotTakeComesLaterInOrder() throws {
    let reader = try BoundSocket(path)
    let outbox = Outbox(to: path)
    let sent = fill(outbox, from: 0)
    for number in sent + 1..<sent + 20 { outbox.send(message(number), at: .zero) }
    outbox.flush(at: .milliseconds(50))
    #expect(outbox.unsent == 0)
    #expect(reader.receiveAll() == (0..<sent).map(message))
    // Whoever comes later waits for those before.
    outbox.send(message(sent + 20), at: .zero)
    #expect(reader.receiveAll() == [])
    var received: [[UInt8]] = []
    while outbox.retryAt != nil {
      outbox.flush(at: .seconds(1))
      received += reader.receiveAll()
    }
    #expect(received == (sent...sent + 20).map(message))
    #expect(outbox.unsent == 0)
  }

  @Test func whatIsTooMuchToKeepIsDroppedAndCounted() throws {
    let reader = try BoundSocket(path)
    let outbox = Outbox(to: path, limitBytes: 100)
    let sent = fill(outbox, from: 10)
    let kept = message(10 + sent).count
    // 10 bytes each: as many as there is room for, and a shorter one where the next would not fit.
    for _ in 0..<20 { outbox.send([UInt8](repeating: 0x61, count: 10), at: .zero) }
    let room = (100 - kept) / 10
    #expect(outbox.unsent == UInt64(20 - room))
    outbox.send([1], at: .zero)
    #expect(outbox.unsent == UInt64(20 - room))
    _ = reader.receiveAll()
    outbox.flush(at: .seconds(1))
    #expect(
      reader.receiveAll() == [message(10 + sent)]
        + Array(repeating: [UInt8](repeating: 0x61, count: 10), count: room)
        + [[1]])
    // The room is there again.
    #expect(outbox.retryAt == nil)
    outbox.send([2], at: .zero)
    #expect(reader.receiveAll() == [[2]])
  }

  @Test func aReaderThatIsNotThereYetGetsEverythingOnceItIs() throws {
    let outbox = Outbox(to: path)
    for number in 0..<3 { outbox.send(message(number), at: .seconds(7)) }
    #expect(outbox.retryAt == .milliseconds(7050))
    let reader = try BoundSocket(path)
    outbox.flush(at: .milliseconds(7050))
    #expect(reader.receiveAll() == (0..<3).map(message))
    #expect(outbox.retryAt == nil && outbox.unsent == 0)
  }

  @Test func aReaderThatWasRestartedIsFoundAgainAtOnce() throws {
    let outbox = Outbox(to: path)
    for round in 0..<3 {
      let reader = try BoundSocket(path)
      outbox.send(message(round), at: .zero)
      #expect(reader.receiveAll() == [message(round)])
    }
    #expect(outbox.retryAt == nil && outbox.unsent == 0)
  }

  @Test func aStuckReaderThatIsReplacedLosesOnlyWhatItHeld() throws {
    var reader: BoundSocket? = try BoundSocket(path)
    let outbox = Outbox(to: path)
    let sent = fill(outbox, from: 0)
    withExtendedLifetime(reader) {}
    reader = nil
    let next = try BoundSocket(path)
    outbox.flush(at: .seconds(1))
    #expect(next.receiveAll() == [message(sent)])
  }

  @Test func itIsTriedLessAndLessOften() {
    let outbox = Outbox(to: path)
    outbox.send([1], at: .zero)
    var pauses: [Duration] = []
    var now = Duration.zero
    for _ in 0..<10 {
      let next = outbox.retryAt ?? .zero
      pauses.append(next - now)
      now = next
      outbox.flush(at: now)
    }
    #expect(pauses == [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000].map { .milliseconds($0) })
  }

  @Test func whatNoReaderCanEverTakeHoldsNothingUp() throws {
    let outbox = Outbox(to: path, limitBytes: 1 << 30)
    outbox.send([UInt8](repeating: 0, count: 1 << 24), at: .zero)
    outbox.send([1], at: .zero)
    let reader = try BoundSocket(path)
    outbox.flush(at: .seconds(1))
    #expect(reader.receiveAll() == [[1]])
    #expect(outbox.unsent == 1 && outbox.retryAt == nil)
  }
}
