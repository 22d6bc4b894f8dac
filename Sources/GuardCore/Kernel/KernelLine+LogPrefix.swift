// What programs write before the kernel's text: dmesg, syslog daemons, the journal, the kernel itself.

extension KernelLine {
  /// Takes the prefix off a line of a text log; `nil` if the line is another program's.
  ///
  /// Known prefixes: records of /dev/kmsg (`6,12,3456,-;`), /proc/kmsg (`<6>[ 1.0]`), dmesg (`[ 1.0]`, also with
  /// -T, -H, -d, -x and ISO times, with a caller `[ T12]`), syslog and journalctl (`Jan  1 00:00:00 host kernel:`,
  /// ISO times, short-full, short-monotonic, short-unix, RFC 5424, busybox), and `kernel:` alone. A line with
  /// none of them is taken for the kernel's: whoever kept it may have cut the prefixes off.
  package init?(logLine line: ArraySlice<UInt8>) {
    var cursor = ByteCursor(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    if cursor.next?.isDigit == true, line.prefix(32).contains(UInt8(ascii: ",")),
      let record = try? KmsgRecord(cursor.rest)
    {
      guard record.isFromKernel else { return nil }
      self = record.line
      return
    }
    let unindented = cursor.rest.drop { $0.isBlank }
    if unindented.starts(with: "** "), let end = unindented.position(of: "messages dropped ** ") {
      cursor.rest = unindented[(end + 20)...]
    }
    guard cursor.skipPriority(), cursor.skipFacilityWords() else { return nil }
    var isBare = false
    switch cursor.skipDate() {
    case .none: isBare = !cursor.skip("kernel: ")
    case .bare: break
    case .needsTag: guard cursor.skipKernelTag() else { return nil }
    }
    guard cursor.skipPriority() else { return nil }
    var microseconds: UInt64?
    var caller: Caller?
    if case .time(let time)? = cursor.skipBrackets() {
      microseconds = time
      let afterTime = cursor
      cursor.skipBlanks()
      caller = cursor.takeCaller()
      if caller == nil { cursor = afterTime }
      _ = cursor.skip(" ")
      cursor.skipHost()
    } else if isBare, let late = cursor.skipToLateTime() {
      microseconds = late
    }
    self.init(text: cursor.rest, microseconds: microseconds, caller: caller)
  }
}

extension ByteCursor {
  fileprivate enum Date { case none, bare, needsTag }
  fileprivate enum Brackets { case time(UInt64?) }

  /// Takes `<6>`; false if it names another facility than the kernel's. RFC 5424 has a version behind it.
  fileprivate mutating func skipPriority() -> Bool {
    var ahead = self
    guard ahead.skip("<"), let priority = ahead.number(as: UInt16.self), ahead.skip(">") else { return true }
    if ahead.rest.starts(with: "1 "), ahead.rest.dropFirst(2).first?.isDigit == true { _ = ahead.skip("1 ") }
    self = ahead
    return priority < 8
  }

  /// Takes `kern  :err   : ` of `dmesg -x`; false if it names another facility.
  fileprivate mutating func skipFacilityWords() -> Bool {
    guard next?.isLetter == true else { return true }
    let line = rest.prefix(24)
    guard let first = line.firstIndex(of: UInt8(ascii: ":")),
      line[..<first].last == 0x20 || line[..<first].count >= 6,
      let second = line[(first + 1)...].firstIndex(of: UInt8(ascii: ":")),
      line.endIndex > second + 1, line[second + 1] == 0x20
    else { return true }
    let level = line[(first + 1)..<second].trimmed
    let levels: [StaticString] = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"]
    guard levels.contains(where: { level.equals($0) }) else { return true }
    let isKernel = line[..<first].trimmed.equals("kern")
    rest = rest[(second + 2)...]
    return isKernel
  }

  /// Takes a wall-clock time in front of the line.
  fileprivate mutating func skipDate() -> Date {
    var ahead = self
    ahead.skipBlanks()
    guard let first = ahead.next else { return .none }
    if first.isDigit { return skipNumericDate() }
    guard first.isLetter else { return .none }
    var word = ahead.word()
    guard word.count == 3, word.allSatisfy({ $0.isLetter || $0 >= 0x80 }) else { return .none }
    // A weekday may come before the month or an ISO date.
    if ahead.next?.isLetter == true {
      word = ahead.word()
      guard word.count == 3 else { return .none }
    } else if Self.isISODate(ahead.rest.prefix(10)) {
      _ = ahead.word()
      guard Self.isClock(ahead.word()) else { return .none }
      self = ahead
      return .needsTag
    }
    let day = ahead.word()
    guard !day.isEmpty, day.count <= 2, day.allSatisfy(\.isDigit) else { return .none }
    word = ahead.word()
    if Self.isYear(word) { word = ahead.word() }
    guard Self.isClock(word) else { return .none }
    self = ahead
    if Self.isYear(rest.prefix { !$0.isBlank }) { _ = self.word() }
    return .needsTag
  }

  /// `2026-01-01T00:00:00…`, `2026-01-01 00:00:00`, or seconds since 1970 with a fraction.
  private mutating func skipNumericDate() -> Date {
    var ahead = self
    let word = ahead.word()
    if Self.isISODate(word.prefix(10)) {
      if word.count == 10 {
        guard Self.isClock(ahead.word()) else { return .none }
        self = ahead
        return .needsTag
      }
      guard word.dropFirst(10).first == UInt8(ascii: "T"), Self.isClock(word.dropFirst(11)) else {
        return .none
      }
      self = ahead
      // dmesg alone puts a comma before the fraction, and no host behind.
      return word.contains(UInt8(ascii: ",")) ? .bare : .needsTag
    }
    let parts = word.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].count >= 9, parts[1].count >= 3,
      parts.allSatisfy({ $0.allSatisfy(\.isDigit) })
    else { return .none }
    self = ahead
    return .needsTag
  }

  /// Takes `host kernel: `. The first word that ends as a tag decides: any other program's tag is a no.
  fileprivate mutating func skipKernelTag() -> Bool {
    for _ in 0..<5 {
      let word = self.word()
      if word.equals("kernel:") { return true }
      if word.equals("kernel"), skip("- - - ") { return true }
      if word.isEmpty || word.last == UInt8(ascii: ":") { return false }
    }
    return false
  }

  /// Takes `[   12.345678]` with its time, or another time in brackets without.
  fileprivate mutating func skipBrackets() -> Brackets? {
    var ahead = self
    ahead.skipBlanks()
    guard ahead.skip("[") else { return nil }
    guard let end = ahead.rest.prefix(48).firstIndex(of: UInt8(ascii: "]")) else { return nil }
    let inside = ahead.rest[..<end].trimmed
    // The pid of a task table's row.
    if inside.count < 3 || inside.allSatisfy(\.isDigit) { return nil }
    var time = ByteCursor(inside)
    ahead.rest = ahead.rest[(end + 1)...]
    if let seconds = time.number(as: UInt64.self), time.skip(".") {
      let digits = time.rest.prefix { $0.isDigit }
      let more = time.rest.dropFirst(digits.count)
      // dmesg -d adds the time since the line before, some boards the processor.
      guard more.isEmpty || more.starts(with: " <") || more.first == UInt8(ascii: "@"), seconds < 1 << 40,
        (1...9).contains(digits.count)
      else { return nil }
      let fraction = (digits + Array(repeating: UInt8(ascii: "0"), count: 6)).prefix(6)
      self = ahead
      return .time(UInt64(ascii: fraction).map { seconds * 1_000_000 + $0 })
    }
    let isClock =
      Self.isISODate(inside.prefix(10))
      || inside.split { $0.isBlank }.contains { Self.isClock($0) || Self.isHourAndMinute($0) }
    guard isClock || (inside.first == UInt8(ascii: "+") && inside.contains(UInt8(ascii: "."))) else {
      return nil
    }
    self = ahead
    return .time(nil)
  }

  fileprivate mutating func takeCaller() -> KernelLine.Caller? {
    var ahead = self
    guard ahead.skip("["), let inside = ahead.take(until: UInt8(ascii: "]")),
      let caller = KernelLine.Caller(inside)
    else { return nil }
    self = ahead
    return caller
  }

  /// Takes `kernel: ` behind the time; `journalctl -o short-monotonic` writes the host before it.
  fileprivate mutating func skipHost() {
    if skip("kernel: ") { return }
    var ahead = self
    _ = ahead.word()
    if ahead.skip("kernel: ") { self = ahead }
  }

  /// On a serial console the kernel's line may begin behind what a program wrote: takes that, and the time.
  fileprivate mutating func skipToLateTime() -> UInt64? {
    var position = rest.position(of: ": [")
    while let mark = position {
      var ahead = ByteCursor(rest[(mark + 2)...])
      if case .time(let time?)? = ahead.skipBrackets(), ahead.skip(" ") {
        self = ahead
        return time
      }
      position = rest.position(of: ": [", from: mark + 1)
    }
    return nil
  }

  private static func isYear(_ word: ArraySlice<UInt8>) -> Bool {
    word.count == 4 && word.allSatisfy(\.isDigit)
  }

  private static func isISODate(_ text: ArraySlice<UInt8>) -> Bool {
    text.count == 10
      && zip(text, "0000-00-00".utf8).allSatisfy { $1 == UInt8(ascii: "-") ? $0 == $1 : $0.isDigit }
  }

  /// `00:00:00`, with any fraction or zone behind.
  private static func isClock(_ word: ArraySlice<UInt8>) -> Bool {
    word.count >= 8
      && zip(word, "00:00:00".utf8).allSatisfy { $1 == UInt8(ascii: ":") ? $0 == $1 : $0.isDigit }
  }

  private static func isHourAndMinute(_ word: ArraySlice<UInt8>) -> Bool {
    word.count == 5 && zip(word, "00:00".utf8).allSatisfy { $1 == UInt8(ascii: ":") ? $0 == $1 : $0.isDigit }
  }
}
