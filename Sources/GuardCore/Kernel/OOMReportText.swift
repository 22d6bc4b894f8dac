/// The lines of one report, in bounded memory: the beginning as it came, of the rest of the task table the
/// largest tasks, and the end.
struct OOMReportText {
  /// The most bytes a finished text has; it must fit a journal field beside others.
  static let limit = 65_536
  // Registers, memory summary and about 450 rows fit the head; its share and the others' add up to the limit.
  private static let headLimit = 40_960
  private static let largestCount = 32
  private static let rowLimit = 256
  private static let tailLimit = 12_288
  private static let lineLimit = 4_096

  private var head: [UInt8] = []
  private var largest: [(pages: UInt64, line: [UInt8])] = []
  private var tail: [UInt8] = []
  private var leftOut = 0

  /// `row` is what the line says about a task, if it is a row of the table.
  mutating func append(_ line: ArraySlice<UInt8>, row: OOMTaskTable.Row? = nil) {
    let line = line.prefix(Self.lineLimit)
    if tail.isEmpty, leftOut == 0, head.count + line.count < Self.headLimit {
      head += line
      head.append(UInt8(ascii: "\n"))
    } else if let row {
      keepIfLarge(line.prefix(Self.rowLimit - 1), pages: (row.rssPages ?? 0) &+ (row.swapPages ?? 0))
    } else if tail.count + line.count < Self.tailLimit {
      tail += line
      tail.append(UInt8(ascii: "\n"))
    } else {
      leftOut += 1
    }
  }

  private mutating func keepIfLarge(_ line: ArraySlice<UInt8>, pages: UInt64) {
    if largest.count < Self.largestCount {
      largest.append((pages, Array(line)))
      if largest.count == Self.largestCount { largest.sort { $0.pages > $1.pages } }
      return
    }
    leftOut += 1
    guard let smallest = largest.last, smallest.pages < pages else { return }
    largest.removeLast()
    largest.insert((pages, Array(line)), at: largest.firstIndex { $0.pages < pages } ?? largest.endIndex)
  }

  /// The text, ended by the kill line.
  func finished(with killLine: ArraySlice<UInt8>) -> [UInt8] {
    var text = head
    for row in largest {
      text += row.line
      text.append(UInt8(ascii: "\n"))
    }
    if leftOut > 0 { text += Array("[\(leftOut) lines left out]\n".utf8) }
    text += tail
    text += killLine.prefix(Self.lineLimit)
    text.append(UInt8(ascii: "\n"))
    return text
  }
}
