/// What has to be sent to a terminal so that it shows the lines of a new frame instead of those of the last.
///
/// At most one frame is on its way, however slow the line: each ends by asking the terminal whether it is well, which
/// it answers once it has come so far, and frames that come up meanwhile are not drawn at all. What is between us
/// and the terminal, a pty, ssh, would else take seconds of them.
struct LiveFrame {
  /// "Device status report" of ECMA-48; see console_codes(4). The answer is ``Key/report``.
  private static let question = "\u{1b}[5n"
  /// A terminal that has not answered its first frame after so long never will.
  static let patience = Duration.seconds(3)
  /// One that did answer is asked again after this: the question or its answer was lost.
  static let longPatience = Duration.seconds(30)

  private var shown: [String] = []
  private var width = 0
  /// What is to be sent still.
  private(set) var queue: ArraySlice<UInt8> = []
  /// Whether an answer is still to come.
  private(set) var isAsked = false
  private var hasAnswered = false
  private var answers = true
  private var lastShown: Duration?

  var isOnItsWay: Bool { !queue.isEmpty || isAsked }

  /// When to give up the answer; `nil` while none is waited for.
  var deadline: Duration? {
    guard isAsked, let lastShown else { return nil }
    return lastShown + (hasAnswered ? Self.longPatience : Self.patience)
  }

  /// Whether the frame before has arrived, or is not waited for any longer.
  mutating func canShow(at now: Duration) -> Bool {
    if let deadline, now >= deadline { (isAsked, answers) = (false, hasAnswered) }
    return !isOnItsWay
  }

  /// - Returns: `false` while the frame before is on its way; this one is then dropped.
  mutating func show(_ lines: [String], width: Int, at now: Duration) -> Bool {
    guard canShow(at: now) else { return false }
    var text = ""
    if shown.count != lines.count || self.width != width {
      text = "\u{1b}[0m\u{1b}[2J"
      shown = Array(repeating: "", count: lines.count)
    }
    for (row, (old, new)) in zip(shown, lines).enumerated() where old != new {
      // Up to the last column nothing is left to erase, and erasing there would take the last character.
      let erase = new.visibleWidth < width ? "\u{1b}[K" : ""
      text += "\u{1b}[\(row + 1);1H\(new)\(erase)"
    }
    (shown, self.width) = (lines, width)
    if !text.isEmpty {
      (isAsked, lastShown) = (answers, now)
      queue = Array((answers ? text + Self.question : text).utf8)[...]
    }
    return true
  }

  /// The terminal has answered.
  mutating func arrived() { (isAsked, hasAnswered) = (false, true) }

  /// Takes note of what was sent.
  mutating func sent(_ count: Int) { queue = queue.dropFirst(count) }
}
