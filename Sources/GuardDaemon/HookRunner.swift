internal import GuardCore

/// What a hook is told of an event.
struct HookEvent {
  var kind: EventKind
  /// `NAME=value`.
  var environment: [String]
  /// JSON.
  var input: [UInt8]
}

/// A way to run commands. None of its calls waits.
protocol HookRunner: AnyObject {
  func start(_ event: HookEvent, _ settings: NotifySettings, at now: Duration)
  /// Does what is due.
  ///
  /// - Returns: runs that are over, with what went wrong.
  func process(at now: Duration) -> [(kind: EventKind, failure: String?)]
  /// When ``process(at:)`` is due at the latest.
  var deadline: Duration? { get }
  /// A descriptor for the loop: its number, how often it has been another one, and whether it is to be written to.
  var connection: (number: Int32, generation: Int, wantsToWrite: Bool)? { get }
  /// Nothing of ours goes on after us.
  func stop()
}
