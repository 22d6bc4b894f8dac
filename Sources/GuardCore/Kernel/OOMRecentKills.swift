/// The latest kills, to tell a line printed again from another kill.
struct OOMRecentKills {
  struct Kill {
    let caller: KernelLine.Caller?
    let pid: Int32
    let comm: [UInt8]?
    let microseconds: UInt64?
    /// How many reports had begun before it.
    let headerCount: Int
    private let textHash: UInt64

    init(_ victim: OOMKill.Victim, _ text: ArraySlice<UInt8>, _ line: KernelLine, headerCount: Int) {
      (caller, pid, comm, microseconds) = (line.caller, victim.pid, victim.comm, line.microseconds)
      self.headerCount = headerCount
      // FNV-1a: the line itself would cost hundreds of bytes a kill.
      textHash = text.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    func isSameProcess(as other: Self) -> Bool { pid == other.pid && comm == other.comm }

    /// Nobody else has the same pid, name and sizes so soon.
    fileprivate func isSameLine(as other: Self) -> Bool {
      guard isSameProcess(as: other), textHash == other.textHash else { return false }
      guard let one = microseconds, let two = other.microseconds else {
        return headerCount == other.headerCount
      }
      return max(one, two) - min(one, two) < 10_000_000
    }
  }

  private static let limit = 256
  private var kills: [Kill] = []

  mutating func append(_ kill: Kill) {
    if kills.count >= Self.limit { kills.removeFirst(Self.limit / 4) }
    kills.append(kill)
  }

  func last(of caller: KernelLine.Caller?) -> Kill? { kills.last { $0.caller == caller } }

  /// Whether the same line was there before: a log of errors only lacks the line that tells of a group.
  func contains(_ kill: Kill) -> Bool { kills.contains { $0.isSameLine(as: kill) } }
}

/// A cgroup whose tasks are being killed together: `memory.oom.group`, since Linux 4.19.
struct OOMGroup {
  let caller: KernelLine.Caller?
  let cgroup: [UInt8]
  /// The victim chosen first; the kernel prints it again among the others.
  var first: OOMRecentKills.Kill?

  /// Whether this is the first victim's second line. It has only one: a pid may come again later.
  mutating func repeats(_ kill: OOMRecentKills.Kill) -> Bool {
    guard let first, first.isSameProcess(as: kill) else { return false }
    self.first = nil
    return true
  }
}
