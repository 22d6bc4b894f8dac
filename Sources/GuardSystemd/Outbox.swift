internal import GuardLinux

/// Messages on their way to a reader that may be slow, stuck or gone: sent at once where possible, else
/// kept, and dropped and counted once too many are kept. Never waits.
final class Outbox {
  private static let firstPause = Duration.milliseconds(50)
  private static let longestPause = Duration.seconds(5)

  private let address: String
  private let limitBytes: Int
  private var socket: DatagramSocket?
  private var queue: [[UInt8]] = []
  private var queuedBytes = 0
  private var pause = firstPause
  private(set) var unsent: UInt64 = 0
  /// When to try again; `nil` while nothing waits.
  private(set) var retryAt: Duration?

  /// - Parameter limitBytes: a reader that is stuck for long costs this much memory and no more.
  init(to address: String, limitBytes: Int = 256 << 10) {
    (self.address, self.limitBytes) = (address, limitBytes)
  }

  func send(_ message: [UInt8], at now: Duration) {
    if queue.isEmpty, deliver(message) { return }
    guard queuedBytes + message.count <= limitBytes else {
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

  /// - Returns: whether it needs no further try.
  private func deliver(_ message: [UInt8]) -> Bool {
    // Twice: the reader may have been restarted, and the socket leads to the one that is gone.
    for _ in 0..<2 {
      do throws(SystemCallError) {
        if socket == nil { socket = try DatagramSocket(connectedTo: address) }
        guard let outcome = try socket?.send(message) else { return false }
        return outcome == .sent
      } catch {
        if error.isTooLong {
          // No reader will ever take it, and everything behind it would wait for that.
          unsent += 1
          return true
        }
        socket = nil
      }
    }
    return false
  }
}
