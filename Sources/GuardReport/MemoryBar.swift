internal import GuardCore

/// All of RAM as one bar, and what its parts are.
struct MemoryBar {
  private let totalKB: UInt64
  private let parts: [(share: MemoryShare, kb: UInt64, glyph: String)]

  init(_ ledger: MemoryLedger, in appearance: Appearance) {
    totalKB = max(1, ledger.totalKB)
    let glyphs = appearance.hasUnicode ? ["█", "▓", "▒", "░", "·"] : ["#", "@", "=", "+", "."]
    parts = zip(MemoryShare.allCases, glyphs).map { share, glyph in
      let lines = ledger.lines.filter { $0.kind.share == share }.reduce(0) { $0 &+ $1.kb }
      return (share, share == .kernel ? lines &+ UInt64(clamping: ledger.unaccountedKB) : lines, glyph)
    }
  }

  func text(width: Int) -> String {
    // Each ends where the sum so far ends: rounding never adds up.
    var (text, reached, drawn): (String, UInt64, UInt64) = ("", 0, 0)
    for part in parts {
      reached &+= part.kb
      let share = min(reached, totalKB).multipliedFullWidth(by: UInt64(clamping: width))
      let end = totalKB.dividingFullWidth(share).quotient
      text += String(repeating: part.glyph, count: Int(end - min(drawn, end)))
      drawn = max(drawn, end)
    }
    return text
  }

  /// - Parameter withFree: what is free may be told elsewhere.
  func legend(withFree: Bool = true) -> String {
    parts.filter { withFree || $0.share != .free }
      .map { "\($0.glyph) \($0.share.rawValue) \($0.kb.kibibytesText)" }.joined(separator: "  ")
  }
}
