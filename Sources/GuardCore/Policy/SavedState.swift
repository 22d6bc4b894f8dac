/// What a daemon leaves to the one after it, in lines that are only ever added: `/run/oomguard/state`.
///
/// ```
/// boot 6a5ae0be-…            the boot it is about; another boot's file counts for nothing
/// base 991 12345 0           pid, start time and base, added before the first write to that process
/// told 4711 2 1              sequence number of the last kill told, kills so far, of these protected
/// ```
/// The last line may be torn by a crash; a line that does not end in a newline is ignored.
package struct SavedState: Equatable, Sendable {
  package struct Told: Equatable, Sendable {
    package var sequence: UInt64
    package var total: UInt64
    package var protected: UInt64

    package init(sequence: UInt64, total: UInt64, protected: UInt64) {
      (self.sequence, self.total, self.protected) = (sequence, total, protected)
    }
  }
  package var bases: [ProcessIdentity: OOMScoreAdj] = [:]
  package var told: Told?
  /// How many `base` lines it took, living and dead: when half of them are dead the file is rewritten.
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
      if words.count == 4, words[0].elementsEqual("base".utf8), let pid = Int32(ascii: words[1]),
        let start = UInt64(ascii: words[2]), let base = Int(ascii: words[3]).flatMap({ OOMScoreAdj($0) })
      {
        bases[ProcessIdentity(pid: pid, startTicks: start)] = base
        self.lines += 1
      } else if words.count == 4, words[0].elementsEqual("told".utf8), let sequence = UInt64(ascii: words[1]),
        let total = UInt64(ascii: words[2]), let protected = UInt64(ascii: words[3])
      {
        told = Told(sequence: sequence, total: total, protected: protected)
      }
    }
  }

  package static func header(boot: [UInt8]) -> String { "boot \(String(decoding: boot, as: UTF8.self))\n" }

  package static func line(_ process: ProcessIdentity, base: OOMScoreAdj) -> String {
    "base \(process.pid) \(process.startTicks) \(base)\n"
  }

  package static func line(_ told: Told) -> String {
    "told \(told.sequence) \(told.total) \(told.protected)\n"
  }
}
