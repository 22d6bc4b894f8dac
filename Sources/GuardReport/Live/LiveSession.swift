internal import GuardCore
package import GuardLinux
internal import GuardStatus

/// `oomguardctl watch` at a terminal: looks, draws and listens to keys until somebody has seen enough.
package final class LiveSession {
  private enum Source: UInt64 {
    case terminal = 1
    case signals, alarm, events
  }

  private let sampler: LiveSampler
  /// Tells of kills as they happen; `nil` where nobody can, and the status is all there is.
  private var feed: EventFeed?
  private let appearance: Appearance
  private var loop: EventLoop
  private let signals: Signals
  private let alarm: Alarm
  private var view: LiveView
  private var keys = KeyReader()
  private var frame = LiveFrame()
  private var nextLook = Duration.zero
  private var lastLook = Duration.zero
  /// Whether the next look was asked for by a key.
  private var isAskedFor = false
  /// Whether something has changed that is not drawn yet.
  private var isDrawDue = true
  /// Whether the terminal is ours now, and not that of the shell or of another job of it.
  private var isShown = false
  private var isEnded = false

  package init(in root: RootDirectory, hertz: Int, in appearance: Appearance) throws(SystemCallError) {
    sampler = LiveSampler(in: root, at: Self.now)
    (self.appearance, view) = (appearance, LiveView(hertz: hertz))
    loop = try EventLoop()
    signals = try Signals([.interrupt, .quit, .terminate, .hangup, .stop, .resume, .resize])
    alarm = try Alarm()
    feed = try? EventFeed(in: root) { Self.now }
  }

  /// For a terminal that does not say, as on a serial line.
  private static let usualSize = LiveScreen.Size(columns: 80, rows: 24)

  private static var now: Timestamp { Timestamp(microsecondsSinceEpoch: Clock.wall().microseconds) }

  /// Returns when it was asked to end, or the terminal is gone. The terminal is as it was then.
  package func run(on terminal: borrowing Terminal) throws(SystemCallError) {
    try loop.watch(terminal.descriptor, for: .readable, token: Source.terminal.rawValue)
    try loop.watch(signals.descriptor, for: .readable, token: Source.signals.rawValue)
    try loop.watch(alarm.descriptor, for: .readable, token: Source.alarm.rawValue)
    try listen()
    defer { if isShown { leave(terminal) } }
    while !isEnded {
      try comeOrGo(terminal)
      lookIfDue()
      try draw(on: terminal)
      try alarm.set([isResting ? nil : nextLook, frame.deadline].compactMap { $0 }.min())
      for (token, _) in try loop.wait() { try handle(Source(rawValue: token), terminal) }
    }
  }

  /// Whether there is no need to look.
  private var isResting: Bool { view.isPaused || !isShown }

  /// Draws only while the terminal is ours; in the background it stops, as whatever wants the terminal there does.
  private func comeOrGo(_ terminal: borrowing Terminal) throws(SystemCallError) {
    if !terminal.isForeground() {
      // Still shown if it was taken without a word: whoever keeps it was stopped by what cannot be put off.
      if isShown { terminal.leave() }
      isShown = false
      // What made us go on may also end us: that is looked at next.
      OwnProcess.stop()
    } else if !isShown {
      try terminal.enter()
      frame = LiveFrame()
      (isShown, isDrawDue) = (true, true)
    }
  }

  /// Where news come from may have become another descriptor.
  private func listen() throws(SystemCallError) {
    guard let feed else { return }
    try loop.watch(number: feed.descriptorNumber, for: .readable, token: Source.events.rawValue)
  }

  private func takeEvents() throws(SystemCallError) {
    do throws(SystemCallError) {
      guard let feed else { return }
      var events: [EventDocument]
      repeat {
        events = try feed.take(atMost: Self.batch)
        if events.contains(where: { $0.event == .kill }) { sampler.killWasTold() }
        // At once, but in a storm of them no more often than anybody may ask for.
        if !events.isEmpty {
          nextLook = min(nextLook, lastLook + Duration.seconds(1) / LiveView.rates.upperBound)
        }
      } while events.count == Self.batch
    } catch {
      // The status tells of them as well, only later.
      feed = nil
    }
    try listen()
  }

  /// Each may have a report of up to 64 KiB.
  private static let batch = 16

  /// An answer of the terminal's that is still to come would be taken for something typed into the shell.
  private func leave(_ terminal: borrowing Terminal) {
    let end = Clock.boot() + .seconds(1)
    while frame.isAsked, frame.queue.isEmpty, Clock.boot() < end, terminal.isForeground(),
      let bytes = terminal.typed()
    {
      for key in keys.keys(bytes) where key == .report { frame.arrived() }
      if bytes.isEmpty { Clock.pause(.milliseconds(5)) }
    }
    terminal.leave()
  }

  private func handle(_ source: Source?, _ terminal: borrowing Terminal) throws(SystemCallError) {
    switch source {
    case .alarm: try alarm.acknowledge()
    case .terminal:
      // It is also ready when there is room for more of a frame; and, while it is not ours, when it is gone.
      guard isShown, let bytes = terminal.typed() else {
        isEnded = true
        return
      }
      for key in keys.keys(bytes) { key == .report ? frame.arrived() : react(to: key) }
    case .events: try takeEvents()
    case .signals: for signal in try signals.take() { try handle(signal, terminal) }
    case nil: break
    }
  }

  private func react(to key: Key) {
    isDrawDue = true
    switch view.react(to: key) {
    case .draw: break
    case .look: (nextLook, isAskedFor) = (.zero, true)
    case .quit: isEnded = true
    }
  }

  private func handle(_ signal: Signals.Signal, _ terminal: borrowing Terminal) throws(SystemCallError) {
    switch signal {
    case .interrupt, .quit, .terminate, .hangup: isEnded = true
    case .resize: (isDrawDue, nextLook) = (true, view.isPaused ? nextLook : .zero)
    case .stop:
      if isShown { leave(terminal) }
      isShown = false
      // Whoever keeps the terminal stops as well.
      OwnProcess.stop()
    // Who was stopped without being asked has been left for.
    case .resume: isShown = isShown && terminal.isEntered()
    case .user1, .child: break  // not asked for
    }
  }

  private func lookIfDue() {
    let start = Clock.boot()
    guard !isResting, start >= nextLook else { return }
    sampler.look(at: Self.now, isAskedFor: isAskedFor)
    (isDrawDue, isAskedFor) = (true, false)
    // From the beginning of this look, but not more than all of the time.
    let interval = Duration.seconds(1) / view.hertz
    (lastLook, nextLook) = (start, max(start + interval, Clock.boot() + interval / 10))
  }

  private func draw(on terminal: borrowing Terminal) throws(SystemCallError) {
    if isShown, isDrawDue, frame.canShow(at: Clock.boot()), !isEnded {
      let size = terminal.size().map { LiveScreen.Size(columns: $0.columns, rows: $0.rows) } ?? Self.usualSize
      isDrawDue = !frame.show(lines(size), width: size.columns, at: Clock.boot())
    }
    if isShown, !frame.queue.isEmpty { frame.sent(try terminal.write(frame.queue)) }
    // Room is waited for only with something to put there: it is nearly always there.
    try loop.change(
      terminal.descriptor, to: !isShown ? [] : frame.queue.isEmpty ? .readable : [.readable, .writable],
      token: Source.terminal.rawValue)
  }

  private func lines(_ size: LiveScreen.Size) -> [String] {
    let all = sampler.chosen(by: view, rows: size.rows)
    return LiveScreen(sampler.state, chosen: all, view, size: size, in: appearance).lines()
  }
}
