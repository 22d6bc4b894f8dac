internal import GuardLinux

/// One connected client: what it sent and is not answered, what it is owed and has not taken.
final class Client {
  /// What it may owe to read: beyond it, it is dropped and not waited for.
  private static let outputLimit = 4 << 20
  /// To finish sending a request, and to take some of an answer.
  static let patience = Duration.seconds(5)
  private static let pieceBytes = 16_384

  private let socket: StreamSocket
  private var input = RequestBuffer()
  private var output: [UInt8] = []
  /// How much of it the client has taken.
  private var sent = 0
  /// When the request that is unfinished began.
  private var requestBegan: Duration?
  /// It sends no more; it may still read.
  private var isAtEnd = false
  private(set) var isSubscribed = false
  private(set) var isGone = false
  /// When it last did something: asked, was answered, or took some of an answer.
  private(set) var lastSign: Duration

  init(_ socket: StreamSocket, at now: Duration) { (self.socket, lastSign) = (socket, now) }

  var descriptor: OwnedDescriptor {
    _read { yield socket.descriptor }
  }

  private var owed: Int { output.count - sent }

  /// What to wait for. A client is not listened to while it is owed an answer, so that nobody can pile them up.
  var interest: EventLoop.Readiness {
    if owed > 0 || input.isReady { return .writable }
    return isSubscribed || isAtEnd ? [] : .readable
  }

  /// When it is to be dropped, unless it does something before: takes some of what it is owed, or finishes its request.
  var deadline: Duration? { (interest == .writable ? lastSign : requestBegan).map { $0 + Self.patience } }

  /// Whether nothing is under way.
  var isIdle: Bool { owed == 0 && !input.isReady && !input.isUnfinished && !isSubscribed }

  func drop() { isGone = true }

  // MARK: Events

  func receive(at now: Duration) {
    switch socket.read(atMost: Self.pieceBytes) {
    case .nothingYet: break
    case .end:
      isAtEnd = true
      // What it has not finished it never will.
      dropIfDone()
    case .bytes(let bytes):
      lastSign = now
      if !input.append(bytes) { drop() }
      noteRequest(at: now)
    }
  }

  /// Sends what is owed, then answers the next request that has come: one a turn, so that others have theirs.
  func respond(with service: Service, at now: Duration) {
    flush(at: now)
    guard owed == 0, !isGone, !isSubscribed, let request = input.take() else { return }
    (lastSign, requestBegan) = (now, nil)
    noteRequest(at: now)
    switch service.outcome(of: request) {
    case .reply(let bytes): owe(bytes, at: now)
    case .subscribe: isSubscribed = true
    case .nothing: break
    case .disconnect: drop()
    }
    dropIfDone()
  }

  /// One that sends no more and is owed nothing has no business here, unless it listens.
  private func dropIfDone() {
    if isAtEnd, owed == 0, !input.isReady, !isSubscribed { drop() }
  }

  private func noteRequest(at now: Duration) {
    requestBegan = input.isUnfinished ? requestBegan ?? now : nil
  }

  func owe(_ bytes: [UInt8], at now: Duration) {
    guard owed + bytes.count <= Self.outputLimit else { return drop() }
    // From now on it has something to do.
    if owed == 0 { lastSign = now }
    output.removeFirst(sent)
    sent = 0
    output += bytes
    flush(at: now)
  }

  private func flush(at now: Duration) {
    while owed > 0 {
      guard let count = socket.send(output[sent...]) else { return drop() }
      if count == 0 { return }
      sent += count
      lastSign = now
    }
    // What a large answer took is given back.
    (output, sent) = ([], 0)
    dropIfDone()
  }
}
