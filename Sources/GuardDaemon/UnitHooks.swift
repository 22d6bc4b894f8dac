internal import GuardCore
internal import GuardLinux
internal import GuardSystemd

/// Lets PID 1 run hooks, each kind as a unit of its own name. Connected only while one runs.
final class UnitHooks: HookRunner {
  private struct Run {
    /// PID 1 has taken it on.
    var isStarted = false
    var isAsked = false
    /// PID 1 says so when something changes; should that get lost, it is asked.
    var nextQuestion: Duration
  }

  private static let pause = Duration.seconds(5)

  private var bus: UnitBus?
  private var generation = 0
  private var runs: [EventKind: Run] = [:]
  private var ended: [(kind: EventKind, failure: String?)] = []

  private static func unit(_ kind: EventKind) -> String { "oomguard-notify-\(kind.rawValue).service" }

  private func connected() -> UnitBus? {
    if bus == nil {
      bus = UnitBus()
      generation += 1
    }
    return bus
  }

  func start(_ event: HookEvent, _ settings: NotifySettings, at now: Duration) {
    guard let bus = connected() else {
      ended.append((event.kind, "PID 1 cannot be reached"))
      return
    }
    runs[event.kind] = Run(nextQuestion: now + Self.pause)
    let unit = Self.unit(event.kind)
    // A run before that failed is kept by PID 1 until it may be forgotten.
    bus.forgetFailure(of: unit)
    bus.start(
      TransientService(
        name: unit, description: "The command of [notify] in oomguard.conf, for \(event.kind.rawValue)",
        command: settings.command, environment: event.environment, standardInput: event.input,
        limit: settings.timeout)
    ) { [weak self] failure in
      guard let self else { return }
      if let failure { end(event.kind, failure) } else { runs[event.kind]?.isStarted = true }
    }
  }

  func process(at now: Duration) -> [(kind: EventKind, failure: String?)] {
    if let bus, !bus.process() { self.bus = nil }
    let changed = bus?.takeChanged() ?? []
    for (kind, run) in runs where run.isStarted && !run.isAsked {
      if now >= run.nextQuestion || changed.contains(Array(Self.unit(kind).utf8)) { ask(kind, at: now) }
    }
    defer { ended = [] }
    if runs.isEmpty, bus?.isIdle ?? false { bus = nil }
    return ended
  }

  private func ask(_ kind: EventKind, at now: Duration) {
    // Also where PID 1 cannot be reached just now, or the next turn of the loop would come at once.
    runs[kind]?.nextQuestion = now + Self.pause
    guard let bus = connected() else { return }
    let unit = Self.unit(kind)
    runs[kind]?.isAsked = true
    // Until its start job is done a unit is inactive, as it is when all is over.
    bus.ask("Job", of: "Unit", unit: unit, as: .job) { [weak self] job in
      guard let self, case .number(0) = job else {
        self?.runs[kind]?.isAsked = false
        return
      }
      bus.ask("ActiveState", of: "Unit", unit: unit, as: .text) { [weak self] state in
        self?.runs[kind]?.isAsked = false
        switch state {
        case .text("inactive"): self?.end(kind, nil)
        case .text("failed"):
          bus.ask("Result", of: "Service", unit: unit, as: .text) { [weak self] result in
            guard case .text(let result) = result else { return }
            bus.forgetFailure(of: unit)
            self?.end(kind, "\(Self.words(for: result)); see: journalctl -u \(unit)")
          }
        default: break
        }
      }
    }
  }

  private func end(_ kind: EventKind, _ failure: String?) {
    guard runs.removeValue(forKey: kind) != nil else { return }
    ended.append((kind, failure))
  }

  /// Of the property Result: see systemd.exec(5), `$SERVICE_RESULT`.
  private static func words(for result: String) -> String {
    switch result {
    case "timeout": "it took too long and was ended"
    case "exit-code": "it could not be run, or ended with a status other than 0"
    case "signal", "core-dump": "a signal ended it"
    case "oom-kill": "it ran out of memory"
    default: "it failed (\(result))"
    }
  }

  var deadline: Duration? {
    guard ended.isEmpty else { return .zero }
    let question = runs.values.filter { $0.isStarted && !$0.isAsked }.map(\.nextQuestion).min()
    // A question without an answer expires only when the connection is looked at.
    let expiry = bus.map(\.isIdle) ?? true ? nil : Clock.boot() + .seconds(1)
    return [question, expiry].compactMap { $0 }.min()
  }

  var connection: (number: Int32, generation: Int, wantsToWrite: Bool)? {
    bus.map { ($0.descriptorNumber, generation, $0.wantsToWrite) }
  }

  /// They are PID 1's, which ends them in time.
  func stop() {}
}
