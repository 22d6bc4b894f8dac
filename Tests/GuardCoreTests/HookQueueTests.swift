import GuardCore
import Testing

struct HookQueueTests {
  private func told(_ run: HookQueue<Int>.Run?) -> [UInt64]? { run.map { [UInt64($0.event), $0.heldBack] } }

  @Test func oneRunOfEachKindAtATimeAndTheNewestNext() {
    var queue = HookQueue<Int>()
    #expect(queue.isIdle)
    #expect(told(queue.add(1, .kill)) == [1, 0])
    #expect(told(queue.add(2, .pressure)) == [2, 0], "another kind does not wait")
    #expect(told(queue.add(3, .kill)) == nil)
    #expect(told(queue.add(4, .kill)) == nil)
    #expect(told(queue.add(5, .kill)) == nil)
    #expect(told(queue.ended(.kill)) == [5, 2], "of the three that waited, two are counted")
    #expect(told(queue.add(6, .kill)) == nil, "that one runs now")
    #expect(told(queue.ended(.kill)) == [6, 0], "and the count began anew")
    #expect(told(queue.ended(.kill)) == nil)
    #expect(told(queue.ended(.pressure)) == nil)
    #expect(queue.isIdle)
    #expect(told(queue.add(7, .kill)) == [7, 0])
  }

  @Test func whatIsForgottenIsNotRunLater() {
    var queue = HookQueue<Int>()
    _ = queue.add(1, .kill)
    _ = queue.add(2, .kill)
    queue.forgetWaiting()
    #expect(!queue.isIdle, "one runs still")
    #expect(told(queue.ended(.kill)) == nil)
    #expect(queue.isIdle)
  }

  @Test func anEndThatNobodyWaitsForIsNone() {
    var queue = HookQueue<Int>()
    #expect(told(queue.ended(.drift)) == nil)
    #expect(queue.isIdle)
  }
}
