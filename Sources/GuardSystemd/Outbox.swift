internal import GuardLinux

/// Messages on their way to a reader that may be slow, stuck or gone: sent at once where possible, else
/// kept, and dropped and counted once too many are kept. Never waits.
final class Outbox {
  /// A reader that is stuck for long costs this much memory and no more.
  private static let limitBytes = 256 << 10
  private static let firstPause = Duration.milliseconds(50)
  private static let longestPause = Duration.seconds(5)

  private let address: String
  private var socket: DatagramSocket?
  private var queue: [[UInt8]] = []
  private var queuedBytes = 0
  private var pause = firstPause
  private(set) var unsent: UInt64 = 0
  /// When to try again; `nil` while nothing waits.
  private(set) var retryAt: Duration?

  init(to address: String) { self.address = address }

  func send(_ message: [UInt8], at now: Duration) {
    if queue.isEmpty, deliver(message) { return }
    guard queuedBytes + message.count <= Self.limitBytes else {
      unsent += 1
      return
    }
    queue.append(message)
    queuedBytes += message.count
    if retryAt == nil { retryAt = now + pause }
  }

  /// Sends what waits, as far as the reader takes it.
  func flush(at now: Duration) {
    guard !queue.isEmpty else { return }
    var sent = 0
    while sent < queue.count, deliver(queue[sent]) {
      queuedBytes -= queue[sent].count
      sent += 1
    }
    queue.removeFirst(sent)
    pause = sent > 0 ? Self.firstPause : min(pause * 2, Self.longestPause)
    retryAt = queue.isEmpty ? nil : now + pause
  }

  /// What still waits will not be sent any more.
  func close() {
    unsent += UInt64(queue.count)
    (queue, queuedBytes, retryAt) = ([], 0, nil)
  }

  private func deliver(_ message: [UInt8]) -> Bool {
    // Twice: the reader may have been restarted, and the socket leads to the one that is gone.
    for _ in 0..<2 {
      do throws(SystemCallError) {
        if socket == nil { socket = try DatagramSocket(connectedTo: address) }
        guard let outcome = try socket?.send(message) else { return false }
        return outcome == .sent
      } catch {
        socket = nil
      }
    }
    return false
  }
}
