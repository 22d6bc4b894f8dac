internal import GuardCore
internal import GuardLinux
internal import GuardSystemd

/// Which process is the main one of each unit that a rule with `scope = "main"` names.
///
/// Where PID 1 is systemd it is asked for MainPID, and whether the start job is done: until then PID 1 and
/// the process itself still write scores of their own. Elsewhere it is the process from which the others
/// of the cgroup descend. Nothing here waits for an answer: until it comes, the role is `awaiting`.
final class MainProcesses {
  private struct Unit {
    var main: Int32?
    /// Its start job is done, as far as known.
    var isStarted = false
    var isAsked = false
    /// It may be another process by now.
    var isDoubtful = false
  }

  private static let firstPause = Duration.milliseconds(20)
  private static let longestPause = Duration.seconds(2)

  /// `nil` where PID 1 is not systemd.
  private var bus: UnitBus?
  private let isAskingSystemd: Bool
  private var units: [CgroupPath: Unit] = [:] {
    didSet { knownPIDs = nil }
  }
  /// ``pids``, until a unit changes: it is asked for in each turn of the loop, and there may be thousands of units.
  private var knownPIDs: Set<Int32>?
  /// Until then the main process, which has just begun a program anew, may still set scores of its own. Of few units,
  /// as when to ask again, and the pause that led to it.
  private var quietUntil: [CgroupPath: Duration] = [:]
  private var retries: [CgroupPath: (at: Duration, pause: Duration)] = [:]
  /// Units whose main process became known, or another: their processes are to be looked at.
  private(set) var changed: Set<CgroupPath> = []
  /// Units that PID 1 said something new of, to be asked about once it has answered what it is asked already.
  private var heard: Set<[UInt8]> = []
  /// Without systemd: who is rootmost among a unit's processes.
  var rootmost: (CgroupPath) -> Int32? = { _ in nil }

  /// - Parameter asksSystemd: false in a fake root, and where PID 1 is something else.
  init(asksSystemd: Bool) {
    isAskingSystemd = asksSystemd
    bus = asksSystemd ? UnitBus() : nil
  }

  /// The main processes known, whose children are to be told of at birth.
  var pids: Set<Int32> {
    if let knownPIDs { return knownPIDs }
    let pids = Set(units.values.lazy.compactMap(\.main))
    knownPIDs = pids
    return pids
  }

  var isEmpty: Bool { units.isEmpty }

  func role(of pid: Int32, in cgroup: CgroupPath) -> Observation.Role {
    let path = cgroup.unitPath ?? cgroup
    guard let unit = units[path], unit.isStarted, let main = unit.main else { return .awaiting }
    if pid == main { return quietUntil[path] == nil ? .member : .awaiting }
    return .child(ofMain: main)
  }

  /// A unit that a rule with `scope = "main"` names has, or may have, other processes than before.
  func refresh(_ cgroup: CgroupPath, at now: Duration) {
    let path = cgroup.unitPath ?? cgroup
    if units[path] == nil { units[path] = Unit() }
    guard isAskingSystemd, cgroup.unitPath != nil else {
      learn(path, main: rootmost(path), isStarted: true)
      return
    }
    if units[path]?.isAsked == false { ask(path, at: now) }
  }

  /// Whether PID 1 can be asked, where it is systemd. A way that was lost is looked for anew.
  func reachesSystemd() -> Bool {
    guard isAskingSystemd else { return true }
    if bus == nil { connect() }
    return bus != nil
  }

  private func connect() {
    bus = UnitBus()
    generation += 1
  }

  /// Units that are gone are forgotten.
  func keepOnly(_ isPresent: (CgroupPath) -> Bool) {
    for path in units.keys where !isPresent(path) { units[path] = nil }
    quietUntil = quietUntil.filter { units[$0.key] != nil }
    retries = retries.filter { units[$0.key] != nil }
  }

  /// A process began a program. If it is a main process, as a daemon that starts itself over at a reload, what it
  /// writes now is its own: sshd would save a score of ours as the one to hand to every login.
  func execed(_ pid: Int32, at now: Duration) {
    for path in unitsLed(by: pid) where units[path]?.isStarted == true {
      quietUntil[path] = now + Ledger.startTime
    }
  }

  /// Whether there is no reason to ask again: the main process is known, lives, and has not forked since.
  func isSure(of unit: CgroupPath, among pids: [Int32]) -> Bool {
    guard let known = units[unit], known.isStarted, !known.isDoubtful, let main = known.main else {
      return false
    }
    return pids.contains(main)
  }

  /// A fork of a main process: a daemon may hand its place to a child, as at an upgrade without a restart.
  func forked(_ main: Int32) {
    for path in unitsLed(by: main) { units[path]?.isDoubtful = true }
  }

  /// Of strangers, whom most events are about, it is known at once that there are none.
  private func unitsLed(by pid: Int32) -> [CgroupPath] {
    pids.contains(pid) ? units.filter { $0.value.main == pid }.map(\.key) : []
  }

  /// What PID 1 does with a unit when the kernel kills one of its processes: `stop`, `kill` or `continue`.
  func askOOMPolicy(of unit: String, reply: @escaping (String) -> Void) {
    guard isAskingSystemd else { return }
    bus?.ask("OOMPolicy", of: unit.hasSuffix(".scope") ? "Scope" : "Service", unit: unit, as: .text) {
      value in
      if case .text(let policy) = value { reply(policy) }
    }
  }

  private func ask(_ path: CgroupPath, at now: Duration) {
    if bus == nil { connect() }
    guard let bus, let unit = path.unit.flatMap({ String(validating: $0, as: UTF8.self) }) else {
      // PID 1 does not answer: what is known stays; asked again at the next look.
      if units[path]?.main == nil { learn(path, main: rootmost(path), isStarted: true) }
      retries[path] = nil
      return
    }
    units[path]?.isAsked = true
    let isService = unit.hasSuffix(".service")
    var main: Int32?
    bus.ask("MainPID", of: isService ? "Service" : "Scope", unit: unit, as: .number) { value in
      if case .number(let pid) = value, pid != 0 { main = Int32(truncatingIfNeeded: pid) }
    }
    // Answered in order: when this one comes, the other has.
    bus.ask("ActiveState", of: "Unit", unit: unit, as: .text) { [self] value in
      units[path]?.isAsked = false
      guard case .text(let state) = value else { return learn(path, main: rootmost(path), isStarted: true) }
      // A scope, a slice and a service that forks without a PID file have no main process by PID 1's account.
      let isStarted = state != "activating"
      learn(path, main: main ?? (isStarted ? rootmost(path) : nil), isStarted: isStarted)
    }
  }

  private func learn(_ path: CgroupPath, main: Int32?, isStarted: Bool) {
    guard var unit = units[path] else { return }
    if isStarted, main == nil {
      // Nobody is left in it. Whoever joins it later is told of, and it is asked about again then.
      (units[path], quietUntil[path], retries[path]) = (nil, nil, nil)
      return
    }
    if unit.main != main || unit.isStarted != isStarted { changed.insert(path) }
    (unit.main, unit.isStarted, unit.isDoubtful) = (main, isStarted, false)
    units[path] = unit
    if isStarted {
      retries[path] = nil
    } else {
      let pause = retries[path].map { min($0.pause * 2, Self.longestPause) } ?? Self.firstPause
      retries[path] = (Clock.boot() + pause, pause)
    }
  }

  // MARK: in the loop

  var descriptorNumber: Int32? { bus?.descriptorNumber }
  var wantsToWrite: Bool { bus?.wantsToWrite ?? false }
  /// Counts connections: another one has another descriptor, even of the same number.
  private(set) var generation = 0

  /// When ``process(at:)`` is due even if no answer came: a unit that is still starting is asked about again,
  /// and a question without an answer expires.
  var deadline: Duration? {
    let retry = retries.lazy.filter { [units] in units[$0.key]?.isAsked == false }.map(\.value.at).min()
    let expiry = bus.map { $0.isIdle } ?? true ? nil : Clock.boot() + .seconds(1)
    return [retry, quietUntil.values.min(), expiry].compactMap { $0 }.min()
  }

  /// Reads answers, asks again where it is time; then ``takeChanged()`` has what came of it.
  func process(at now: Duration) {
    if let bus, !bus.process() { self.bus = nil }
    let told = heard.union(bus?.takeChanged() ?? [])
    heard = []
    if !told.isEmpty {
      for (path, unit) in units {
        guard let name = path.unit, told.contains(name) else { continue }
        // An answer under way may be from before the change.
        if unit.isAsked { heard.insert(name) } else { ask(path, at: now) }
      }
    }
    for (path, end) in quietUntil where now >= end {
      quietUntil[path] = nil
      changed.insert(path)
    }
    for (path, retry) in retries where now >= retry.at && units[path]?.isAsked == false {
      if isAskingSystemd, path.unitPath != nil { ask(path, at: now) } else { retries[path] = nil }
    }
  }

  /// Waits for what was asked, at most `limit`: at the start only, so that READY means protected.
  func settle(within limit: Duration) { bus?.settle(within: limit) }

  func takeChanged() -> Set<CgroupPath> {
    defer { changed = [] }
    return changed
  }
}
