package import GuardLinux
internal import GuardReport
package import GuardStatus

/// Serves clients, one thread for all of them. A slow or hostile client costs the others nothing: each has its bounds,
/// and whoever exceeds them is dropped.
package final class Server {
  package static let clientLimit = 64

  private enum Token {
    static let listener: UInt64 = 0
    static let alarm: UInt64 = 1
    static let feed: UInt64 = 2
    static let firstClient: UInt64 = 3
  }

  private let socket: ListeningSocket
  private let root: RootDirectory
  private let service: Service
  /// How long it waits for another client when the last is gone; `nil` for ever.
  private let idleLimit: Duration?
  private let clock: () -> Timestamp
  private var loop: EventLoop
  private let alarm: Alarm
  private var clients: [UInt64: Client] = [:]
  private var nextToken = Token.firstClient
  /// There while somebody subscribes.
  private var feed: EventFeed?
  private var feedHasMore = false
  private var idleSince = Clock.boot()

  /// - Parameter clock: the wall clock.
  package init(
    _ socket: ListeningSocket, in root: RootDirectory, idleLimit: Duration?, clock: @escaping () -> Timestamp
  ) throws(SystemCallError) {
    (self.socket, self.root, self.idleLimit, self.clock) = (socket, root, idleLimit, clock)
    service = Service(in: root, clock: clock)
    loop = try EventLoop()
    alarm = try Alarm()
    try loop.watch(socket.descriptor, for: .readable, token: Token.listener)
    try loop.watch(alarm.descriptor, for: .readable, token: Token.alarm)
  }

  /// Serves until it was idle for long enough.
  package func run() throws(SystemCallError) {
    while true {
      try alarm.set(nextDeadline)
      let ready = try loop.wait()
      let now = Clock.boot()
      for (token, readiness) in ready {
        switch token {
        case Token.listener: try acceptAll(at: now)
        case Token.alarm: try alarm.acknowledge()
        case Token.feed: feedHasMore = true
        default: try serve(token, readiness, at: now)
        }
      }
      if feedHasMore { try tellSubscribers(at: now) }
      try settle(at: now)
      if clients.isEmpty, let idleLimit, now >= idleSince + idleLimit { return }
    }
  }

  private var nextDeadline: Duration? {
    if feedHasMore { return .zero }
    if clients.isEmpty { return idleLimit.map { idleSince + $0 } }
    return clients.values.compactMap(\.deadline).min()
  }

  // MARK: Clients

  private func acceptAll(at now: Duration) throws(SystemCallError) {
    do throws(SystemCallError) {
      while let accepted = try socket.accept() {
        let client = Client(accepted, at: now)
        if clients.count >= Self.clientLimit, !makeRoom(at: now) { continue }
        try loop.watch(client.descriptor, for: client.interest, token: nextToken)
        clients[nextToken] = client
        nextToken += 1
      }
    } catch {
      // No descriptors or no memory left for one more: the others are served, and this one waits.
      guard error.meansNoRoom else { throw error }
      Clock.pause(.milliseconds(100))
    }
  }

  /// With all places taken, one that is gone already, or the client that has been idle longest, gives way, if it was so
  /// for a while.
  private func makeRoom(at now: Duration) -> Bool {
    for (token, client) in clients where client.isIdle {
      client.receive(at: now)
      if client.isGone { clients[token] = nil }
    }
    if clients.count < Self.clientLimit { return true }
    let idle = clients.filter { $0.value.isIdle && now >= $0.value.lastSign + Client.patience }
    guard let longest = idle.min(by: { $0.value.lastSign < $1.value.lastSign }) else { return false }
    clients[longest.key] = nil
    return true
  }

  private func serve(
    _ token: UInt64, _ readiness: EventLoop.Readiness, at now: Duration
  ) throws(SystemCallError) {
    guard let client = clients[token] else { return }
    if readiness.contains(.readable) { client.receive(at: now) }
    client.respond(with: service, at: now)
    if client.isSubscribed, feed == nil {
      // Before anybody else is answered: what that one does next is to be heard of.
      feed = try EventFeed(in: root, clock: clock)
      try watchFeed()
    }
    // Both directions are closed: nobody is there for an answer.
    if !readiness.isDisjoint(with: .failed), !readiness.contains(.readable) { client.drop() }
  }

  /// Lets go of who is gone or too slow, and waits for what the others will do.
  private func settle(at now: Duration) throws(SystemCallError) {
    for (token, client) in clients {
      if client.isGone || client.deadline.map({ now >= $0 }) ?? false {
        clients[token] = nil
      } else {
        try loop.change(client.descriptor, to: client.interest, token: token)
      }
    }
    if !clients.isEmpty { idleSince = now }
    if !clients.values.contains(where: \.isSubscribed) { (feed, feedHasMore) = (nil, false) }
  }

  // MARK: Events

  /// A few at a time: in a storm there are thousands, each with a report of up to 64 KiB.
  private static let batch = 8

  private func tellSubscribers(at now: Duration) throws(SystemCallError) {
    guard let feed else {
      feedHasMore = false
      return
    }
    let events = try feed.take(atMost: Self.batch)
    feedHasMore = events.count >= Self.batch
    for event in events {
      let bytes = Reply.bytes(KnownFields(event), continues: true)
      for client in clients.values where client.isSubscribed && !client.isGone { client.owe(bytes, at: now) }
    }
    try watchFeed()
  }

  /// It may have another descriptor than before: a journal that fails is replaced by the status file.
  private func watchFeed() throws(SystemCallError) {
    guard let feed else { return }
    try loop.watch(number: feed.descriptorNumber, for: .readable, token: Token.feed)
  }
}
