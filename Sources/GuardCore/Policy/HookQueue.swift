/// Which events a hook is run for: at most one run of each kind at a time.
///
/// What comes meanwhile is held back. The newest of it is run next, since it says how things are now; the others are
/// only counted, and the next run is told how many they were. Pure: who uses it does the running.
package struct HookQueue<Event> {
  /// What the hook is to be run for.
  package struct Run {
    package var event: Event
    /// Events of its kind since the last run that no run was made for.
    package var heldBack: UInt64
  }

  private struct Slot {
    var waiting: Event?
    var heldBack: UInt64 = 0
  }

  /// Kinds of which a run is under way.
  private var slots: [EventKind: Slot] = [:]

  package init() {}

  /// Whether no run is under way.
  package var isIdle: Bool { slots.isEmpty }

  /// - Returns: what to run now; `nil` if it has to wait.
  package mutating func add(_ event: Event, _ kind: EventKind) -> Run? {
    guard var slot = slots[kind] else {
      slots[kind] = Slot()
      return Run(event: event, heldBack: 0)
    }
    if slot.waiting != nil { slot.heldBack += 1 }
    slot.waiting = event
    slots[kind] = slot
    return nil
  }

  /// A run ended, however.
  ///
  /// - Returns: what to run next.
  package mutating func ended(_ kind: EventKind) -> Run? {
    guard let slot = slots[kind], let event = slot.waiting else {
      slots[kind] = nil
      return nil
    }
    slots[kind] = Slot()
    return Run(event: event, heldBack: slot.heldBack)
  }

  /// What waits is dropped; runs under way go on.
  package mutating func forgetWaiting() {
    for kind in slots.keys { slots[kind] = Slot() }
  }
}
