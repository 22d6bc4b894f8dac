/// What a daemon leaves to the one after it, in lines that are only ever added: `/run/oomguard/state`.
///
/// ```
/// boot 6a5ae0be-…            the boot it is about; another boot's file counts for nothing
/// base 991 12345 0 -900      pid, start time, base and what is about to be written, added before each other score;
///                            without the last, as earlier releases had it, whatever the process carries counts as ours
/// told 4711 2 1 0 2 memcg:2:1    of the kills so far: sequence number of the last line, how many, of these protected
///                            and unlogged, and how far the kernel's own count is accounted for; - is unknown. Then for
///                            each constraint how many, and of these protected; earlier releases lack that
/// ```
/// The last line may be torn by a crash; a line that does not end in a newline is ignored.
package struct SavedState: Equatable, Sendable {
  package struct Told: Equatable, Sendable {
    /// `nil` while no kill has been told of.
    package var sequence: UInt64?
    package var total, protected, unlogged: UInt64
    /// See ``KillCount/accounted``.
    package var accounted: UInt64?
    package var tally: KillTally

    package init(
      sequence: UInt64?, total: UInt64, protected: UInt64, unlogged: UInt64 = 0, accounted: UInt64? = nil,
      tally: KillTally = KillTally()
    ) {
      (self.sequence, self.total, self.protected) = (sequence, total, protected)
      (self.unlogged, self.accounted, self.tally) = (unlogged, accounted, tally)
    }

    /// The words behind `told`.
    init?(_ words: ArraySlice<ArraySlice<UInt8>>) {
      let numbers = words.prefix(5).map { UInt64(ascii: $0) }
      func isUnknown(_ index: Int) -> Bool { words[words.startIndex + index].equals("-") }
      guard numbers.count == 5, let total = numbers[1], let protected = numbers[2], let unlogged = numbers[3],
        numbers[0] != nil || isUnknown(0), numbers[4] != nil || isUnknown(4),
        let tally = KillTally(words.dropFirst(5))
      else { return nil }
      self.init(
        sequence: numbers[0], total: total, protected: protected, unlogged: unlogged, accounted: numbers[4],
        tally: tally)
    }
  }
  package var debts: [ProcessIdentity: Debt] = [:]
  package var told: Told?
  /// How many lines it took, living and dead: when half of them are dead the file is rewritten.
  package var lines = 0

  package init() {}

  /// - Returns: `nil` for another boot's file, or for none of ours.
  package init?(_ text: [UInt8], boot: [UInt8]) {
    let newline = UInt8(ascii: "\n")
    let space = UInt8(ascii: " ")
    guard let end = text.lastIndex(of: newline) else { return nil }
    let lines = text[..<end].split(separator: newline)
    guard let first = lines.first, first.elementsEqual(Array("boot ".utf8) + boot) else { return nil }
    for line in lines.dropFirst() {
      let words = line.split(separator: space)
      if let (process, debt) = Self.debt(words) {
        let before = debts[process]?.written
        debts[process] = Debt(
          base: debt.base, written: debt.written,
          writtenBefore: before == debt.written ? debts[process]?.writtenBefore : before)
        self.lines += 1
      } else if words.first?.equals("told") == true, let told = Told(words[1...]) {
        self.told = told
        self.lines += 1
      }
    }
  }

  /// Whether it begins as every state does, of this boot or another: only what was broken from outside does not.
  package static func isOne(_ text: [UInt8]) -> Bool {
    text.starts(with: "boot ".utf8) && text.contains(UInt8(ascii: "\n"))
  }

  package static func header(boot: [UInt8]) -> String { "boot \(String(decoding: boot, as: UTF8.self))\n" }

  private static func debt(_ words: [ArraySlice<UInt8>]) -> (ProcessIdentity, Debt)? {
    guard 4...5 ~= words.count, words[0].elementsEqual("base".utf8), let pid = Int32(ascii: words[1]),
      let start = UInt64(ascii: words[2]), let base = Int(ascii: words[3]).flatMap({ OOMScoreAdj($0) })
    else { return nil }
    let process = ProcessIdentity(pid: pid, startTicks: start)
    guard words.count == 5 else { return (process, Debt(base: base, written: nil)) }
    guard let written = Int(ascii: words[4]).flatMap({ OOMScoreAdj($0) }) else { return nil }
    return (process, Debt(base: base, written: written))
  }

  /// A line, or two where it is not certain which of two scores was written.
  package static func text(_ process: ProcessIdentity, _ debt: Debt) -> String {
    let base = "base \(process.pid) \(process.startTicks) \(debt.base)"
    guard let written = debt.written else { return "\(base)\n" }
    return (debt.writtenBefore.map { "\(base) \($0)\n" } ?? "") + "\(base) \(written)\n"
  }

  package static func line(_ told: Told) -> String {
    func word(_ number: UInt64?) -> String { number.map { "\($0)" } ?? "-" }
    return
      "told \(word(told.sequence)) \(told.total) \(told.protected) \(told.unlogged) \(word(told.accounted))"
      + "\(told.tally.words)\n"
  }
}
