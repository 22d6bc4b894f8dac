import GuardReport
import Testing

struct LiveViewTests {
  /// What the last key leads to, and the view after all of them.
  private func press(_ keys: Key..., from start: LiveView = LiveView()) -> (
    reaction: LiveView.Reaction?, view: LiveView
  ) {
    var (view, reaction) = (start, nil as LiveView.Reaction?)
    for key in keys { reaction = view.react(to: key) }
    return (reaction, view)
  }

  @Test func qEndsItAndEscapeDoesNot() {
    #expect(press(.character("q")).reaction == .quit)
    #expect(press(.escape).reaction == .draw)
  }

  @Test func theOrderGoesRoundBothWays() {
    #expect(press(.character("s")).view.order == .rss)
    #expect(press(.character("S")).view.order == .comm)
    #expect(press(.character("S"), .character("s")).view.order == .badness)
  }

  @Test func aPausedScreenIsStillAndThenLooksAtOnce() {
    let (stopped, view) = press(.character("p"))
    #expect(stopped == .draw && view.isPaused)
    let (resumed, after) = press(.character(" "), from: view)
    #expect(resumed == .look && !after.isPaused)
  }

  @Test func theRateStaysWithinItsBounds() {
    let fast = press(.character("+"), from: LiveView(hertz: 99))
    #expect(fast.reaction == .look && fast.view.hertz == 10)
    let slow = press(.character("-"), from: LiveView(hertz: 0))
    #expect(slow.reaction == .look && slow.view.hertz == 1)
    #expect(press(.character("+"), .character("+"), .character("-")).view.hertz == 2)
  }

  @Test func aFilterIsTypedKeptAndDropped() {
    let typed = press(.character("/"), .character("q"), .character("p"), .character("x"), .backspace).view
    #expect(typed.isTyping && typed.filter == "qp" && !typed.isPaused)
    let kept = press(.enter, from: typed).view
    #expect(!kept.isTyping && kept.filter == "qp")
    let dropped = press(.character("/"), .eraseLine, .character("z"), .escape, from: kept).view
    #expect(!dropped.isTyping && dropped.filter == "qp")
    #expect(press(.escape, from: dropped).view.filter == "")
  }

  @Test func aFilterHasAnEnd() {
    var view = press(.character("/")).view
    for _ in 0..<1000 { view = press(.character("x"), from: view).view }
    #expect(view.filter.count == 64)
  }
}
