/// What the person before the live screen has chosen, and how keys change it.
package struct LiveView: Equatable, Sendable {
  /// By what the processes are put in order.
  package enum Order: String, CaseIterable, Sendable {
    /// The kernel's own: who is killed first comes first.
    case badness
    case rss, swap, score, pid, comm
  }

  package enum Reaction: Equatable, Sendable {
    case draw, quit
    /// Look at the machine again at once.
    case look
  }

  package var order = Order.badness
  /// Only processes whose name, unit or rule has this in it; everything if empty. Letters of either case.
  package var filter = ""
  /// Whether the filter is being typed.
  package private(set) var isTyping = false
  package var isPaused = false
  /// Looks at the machine in a second, 1…10.
  package private(set) var hertz = 1

  package static let rates = 1...10
  /// More than any name has.
  private static let longestFilter = 64
  private var filterBefore = ""

  package init(hertz: Int = 1) { self.hertz = min(max(hertz, Self.rates.lowerBound), Self.rates.upperBound) }

  /// Takes what was typed.
  package mutating func react(to key: Key) -> Reaction {
    isTyping ? type(key) : command(key)
  }

  private mutating func command(_ key: Key) -> Reaction {
    switch key {
    case .character("q"), .character("Q"): return .quit
    // Not a way out: an arrow key that a slow line cuts in two begins with it.
    case .escape: filter = ""
    case .character("p"), .character(" "):
      isPaused.toggle()
      return isPaused ? .draw : .look
    case .character("s"): turn(by: 1)
    case .character("S"): turn(by: -1)
    case .character("/"), .character("f"): (isTyping, filterBefore) = (true, filter)
    case .character("+"), .character("="):
      hertz = min(hertz + 1, Self.rates.upperBound)
      return .look
    case .character("-"):
      hertz = max(hertz - 1, Self.rates.lowerBound)
      return .look
    default: break
    }
    return .draw
  }

  private mutating func turn(by steps: Int) {
    let all = Order.allCases
    let place = all.firstIndex(of: order) ?? 0
    order = all[(place + steps + all.count) % all.count]
  }

  private mutating func type(_ key: Key) -> Reaction {
    switch key {
    case .enter: isTyping = false
    case .escape: (isTyping, filter) = (false, filterBefore)
    case .backspace: filter = String(filter.dropLast())
    case .eraseLine: filter = ""
    case .character(let character):
      if filter.count < Self.longestFilter { filter.append(character) }
    case .report, .other: break
    }
    return .draw
  }
}
