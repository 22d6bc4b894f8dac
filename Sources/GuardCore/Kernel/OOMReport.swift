/// A report that has begun and whose kill line has not come yet.
struct OOMReport {
  let caller: KernelLine.Caller?
  /// `nil` where the report's first line was not seen.
  var trigger: OOMKill.Trigger?
  /// `Task in … killed as a result of limit of …`, before Linux 4.20.
  var limitCgroup, taskCgroup: [UInt8]?
  /// From the announcement, for kill lines that do not say it.
  var limitKind: OOMKill.LimitKind?
  var columns: OOMTaskTable.Columns?
  var tasksDumped: Int?
  /// The kill of another report that ran at the same time came first: which of them this was is not sure.
  var isUncertain = false
  var text = OOMReportText()
  /// Which of the reader's lines was the last that surely belongs here, and its time.
  var lastLine: Int
  var lastMicroseconds: UInt64?

  init(caller: KernelLine.Caller?, line: Int, microseconds: UInt64?) {
    (self.caller, lastLine, lastMicroseconds) = (caller, line, microseconds)
  }

  /// Reads `Task in A killed as a result of limit of B`. A lies in or below B, which tells the right split
  /// where a cgroup's name imitates these words.
  mutating func readLimit(_ text: ArraySlice<UInt8>) -> Bool {
    let words: StaticString = " killed as a result of limit of "
    guard text.starts(with: "Task in ") else { return false }
    let paths = text.dropFirst(8)
    var mark = paths.position(of: words)
    var isFound = false
    while let split = mark {
      let (task, limit) = (paths[..<split], paths[(split + words.utf8CodeUnitCount)...])
      let fits =
        limit.equals("/") || task.elementsEqual(limit)
        || (task.starts(with: limit) && task.dropFirst(limit.count).first == UInt8(ascii: "/"))
      if !isFound || fits { (taskCgroup, limitCgroup) = (Array(task), Array(limit)) }
      isFound = true
      mark = paths.position(of: words, from: split + 1)
    }
    return isFound
  }
}
