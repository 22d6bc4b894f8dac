internal import GuardCore
internal import GuardLinux

/// `/run/oomguard/state`: bases are noted before the first write to a process, so that a crash loses none.
final class StateFile {
  private static let name = "state"
  /// Under this many lines it is not worth rewriting.
  private static let smallLines = 128

  /// What was last noted of a process. Of thousands: of its start time that part is held which tells it, for more than a
  /// year, from others of its pid.
  private struct Note: Equatable {
    let startTicks: UInt32
    let base: OOMScoreAdj
    let written: OOMScoreAdj?

    init(_ process: ProcessIdentity, base: OOMScoreAdj, written: OOMScoreAdj?) {
      (startTicks, self.base, self.written) = (UInt32(truncatingIfNeeded: process.startTicks), base, written)
    }
  }

  private let boot: [UInt8]
  private var file: OwnedDescriptor?
  /// By pid.
  private var noted: [Int32: Note]
  private var lines: Int
  /// What the daemon before this one noted, until it is taken over.
  private var debts: [ProcessIdentity: Debt]
  private(set) var told: SavedState.Told?
  /// Why what a daemon before this one noted is not known, though it left a state; `nil` where it is.
  let loss: String?
  /// What the last attempt to write failed with; the file is then written anew as a whole.
  private(set) var failure: SystemCallError?

  /// Reads what a daemon before this one left, as far as it is about this boot.
  ///
  /// - Throws: when that is there and cannot be read: to go on without it, and to write another, would lose it.
  init(in directory: RuntimeDirectory, boot: [UInt8]) throws(SystemCallError) {
    self.boot = boot
    let text = try directory.read(Self.name, limit: 64 << 20)
    let saved = text.flatMap { SavedState($0, boot: boot) } ?? SavedState()
    let path = "\(RuntimeDirectory.path)/\(Self.name)"
    loss = text.flatMap { SavedState.isOne($0) ? nil : "'\(path)' holds no state, in \($0.count) bytes" }
    (debts, told, lines) = (saved.debts, saved.told, saved.lines)
    noted = [:]
    for (process, debt) in debts {
      noted[process.pid] = Note(process, base: debt.base, written: debt.written)
    }
  }

  /// What the daemon before this one noted, once.
  func takeDebts() -> [ProcessIdentity: Debt] {
    defer { debts = [:] }
    return debts
  }

  /// Notes what is owed, unless that is noted already; of two for one process the later counts.
  func note(_ process: ProcessIdentity, base: OOMScoreAdj, written: OOMScoreAdj?) {
    let note = Note(process, base: base, written: written)
    guard noted[process.pid] != note else { return }
    noted[process.pid] = note
    lines += 1
    append(SavedState.text(process, Debt(base: base, written: written)))
  }

  func note(_ told: SavedState.Told) {
    guard told != self.told else { return }
    self.told = told
    lines += 1
    append(SavedState.line(told))
  }

  private func append(_ line: String) {
    // Behind half a line another would be read as its rest: until the file is written anew it all stays in memory.
    guard failure == nil else { return }
    do throws(SystemCallError) {
      try file?.write(line)
    } catch {
      failure = error
    }
  }

  /// Writes the file anew if half of it is dead, or if the last write went wrong and may have left half a line.
  func tidy(in directory: RuntimeDirectory, for ledger: Ledger, always: Bool = false) {
    let isStale = lines > Self.smallLines && lines > ledger.debtCount * 2
    guard always || file == nil || failure != nil || isStale else { return }
    let told = told
    let boot = boot
    var live: [Int32: Note] = [:]
    do throws(SystemCallError) {
      try directory.replace(Self.name) { (new) throws(SystemCallError) in
        try new.write(SavedState.header(boot: boot).utf8)
        if let told { try new.write(SavedState.line(told).utf8) }
        try ledger.visitDebts { (process, debt) throws(SystemCallError) in
          live[process.pid] = Note(process, base: debt.base, written: debt.written)
          try new.write(SavedState.text(process, debt).utf8)
        }
      }
      file = try directory.appending(to: Self.name)
      (noted, lines, failure) = (live, live.count, nil)
    } catch {
      failure = error
    }
  }
}
