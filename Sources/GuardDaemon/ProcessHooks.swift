internal import GuardCore
internal import GuardLinux

/// Runs hooks as processes of ours, where there is no systemd to run them. SIGCHLD tells of their end.
final class ProcessHooks: HookRunner {
  private struct Run {
    var command: ChildCommand
    var end: Duration
    var isOverdue = false
  }

  private static let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  private var runs: [EventKind: Run] = [:]
  /// Those that did not even begin.
  private var stillborn: [(kind: EventKind, failure: String?)] = []

  func start(_ event: HookEvent, _ settings: NotifySettings, at now: Duration) {
    do throws(SystemCallError) {
      let command = try ChildCommand(
        settings.command, environment: [Self.path] + event.environment, input: event.input)
      runs[event.kind] = Run(command: command, end: now + settings.timeout)
    } catch {
      stillborn.append((event.kind, error.reason))
    }
  }

  func process(at now: Duration) -> [(kind: EventKind, failure: String?)] {
    var ended = stillborn
    stillborn = []
    for (kind, run) in runs {
      if let ending = run.command.ending() {
        runs[kind] = nil
        ended.append((kind, run.isOverdue ? "it took too long and was ended" : ending.failure))
      } else if now >= run.end, !run.isOverdue {
        run.command.kill()
        runs[kind]?.isOverdue = true
      }
    }
    return ended
  }

  var deadline: Duration? {
    stillborn.isEmpty ? runs.values.filter { !$0.isOverdue }.map(\.end).min() : .zero
  }

  var connection: (number: Int32, generation: Int, wantsToWrite: Bool)? { nil }

  func stop() { for run in runs.values { run.command.kill() } }
}

extension ChildCommand.Ending {
  fileprivate var failure: String? {
    switch self {
    case .exited(0): nil
    case .exited(let status): "it ended with status \(status)"
    case .killed(let signal): "signal \(signal) ended it"
    }
  }
}
