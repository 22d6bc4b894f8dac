import GuardCore
import GuardTestSupport
import Testing

struct KillCountTests {
  private func seconds(_ count: Double) -> Duration { .seconds(count) }

  /// A count that is even with the kernel's at 10.
  private func started() -> KillCount {
    var count = KillCount(accounted: nil)
    #expect(count.compare(10, lines: 0, isDrained: true, at: .zero) == 0)
    #expect(count.accounted == 10)
    return count
  }

  @Test func aKillWithItsLineIsNotTold() {
    var count = started()
    count.noteLine()
    #expect(count.compare(11, lines: 1, isDrained: true, at: seconds(5)) == 0)
    #expect(count.nextLook == nil)
  }

  @Test func aLineThatComesAMomentAfterTheCountIsWaitedFor() {
    var count = started()
    #expect(count.compare(11, lines: 0, isDrained: true, at: seconds(5)) == 0)
    #expect(count.nextLook == seconds(7))
    count.noteLine()
    #expect(count.compare(11, lines: 1, isDrained: true, at: seconds(7)) == 0)
    #expect(count.compare(11, lines: 0, isDrained: true, at: seconds(60)) == 0)
    #expect(count.nextLook == nil)
  }

  @Test func aKillWithoutALineIsToldOnce() {
    var count = started()
    #expect(count.compare(12, lines: 0, isDrained: true, at: seconds(5)) == 0)
    #expect(count.compare(12, lines: 0, isDrained: true, at: seconds(6.9)) == 0)
    #expect(count.compare(12, lines: 0, isDrained: true, at: seconds(7)) == 2)
    #expect(count.accounted == 12)
    #expect(count.nextLook == nil)
    #expect(count.compare(12, lines: 0, isDrained: true, at: seconds(60)) == 0)
  }

  /// A look may meet a kill between its count and its line: what only some of the looks see is not lost.
  @Test func killsUnderWayAreNotTakenForLost() {
    var count = started()
    for step in 0..<40 {
      // A kill at each even second, whose line is there at the odd one; that at 20 s has none.
      if step % 2 == 1, step != 21 { count.noteLine() }
      let counted = UInt64(11 + step / 2)
      let told = count.compare(counted, lines: 1, isDrained: true, at: seconds(Double(step)))
      #expect(told == (step == 22 ? 1 : 0), "\(step)")
    }
  }

  @Test func linesOfKillsAfterTheCountWasReadAreNotMissing() {
    var count = started()
    count.noteLine()
    #expect(count.compare(10, lines: 1, isDrained: true, at: seconds(1)) == 0)
    #expect(count.accounted == 11)
    #expect(count.compare(11, lines: 0, isDrained: true, at: seconds(2)) == 0)
  }

  /// It was begun between the count and the line of a kill: the line is one too many.
  @Test func aCountThatWasBegunTooHighIsMended() {
    var count = started()
    count.noteLine()
    #expect(count.compare(10, lines: 0, isDrained: true, at: seconds(1)) == 0)
    #expect(count.accounted == 10)
  }

  @Test func aFloodThatIsNeverReadToItsEndPutsItOffForSoLong() {
    var count = started()
    #expect(count.compare(13, lines: 0, isDrained: false, at: seconds(1)) == 0)
    #expect(count.compare(13, lines: 0, isDrained: false, at: seconds(10.9)) == 0)
    #expect(count.compare(13, lines: 0, isDrained: false, at: seconds(11)) == 3)
  }

  @Test func manyAreToldInPieces() {
    var count = started()
    #expect(count.compare(15, lines: 0, isDrained: true, at: seconds(1)) == 0)
    #expect(count.compare(15, lines: 0, isDrained: true, at: seconds(3), limit: 2) == 2)
    #expect(count.nextLook == seconds(3))
    #expect(count.compare(16, lines: 0, isDrained: true, at: seconds(4), limit: 2) == 2)
    #expect(count.compare(16, lines: 0, isDrained: true, at: seconds(5), limit: 2) == 1)
    // The sixth was first seen at 5 s.
    #expect(count.nextLook == seconds(7))
    #expect(count.compare(16, lines: 0, isDrained: true, at: seconds(7), limit: 2) == 1)
    #expect(count.accounted == 16)
  }

  @Test func killsWhileNobodyWasThereAreTold() {
    var count = KillCount(accounted: 7)
    #expect(count.compare(9, lines: 0, isDrained: true, at: .zero) == 0)
    #expect(count.compare(9, lines: 0, isDrained: true, at: seconds(2)) == 2)
  }

  /// A kernel that counts and prints, a log that loses lines, a reader that looks now and then: in the end every kill
  /// was told by its line or as one without, none both ways, and none before its time.
  @Test func inTheEndEveryKillIsToldOnce() {
    var random = SeededRandom.printed()
    for _ in 0..<300 {
      var count = KillCount(accounted: 0)
      var (counted, kills, lines, unlogged, lost): (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
      var printed = 0
      /// When the lines of kills that are counted already will be there.
      var underWay: [Double] = []
      var now = 0.0
      func look(_ snapshot: UInt64, isDrained: Bool) {
        let read = isDrained ? printed : printed / 2
        for _ in 0..<read { count.noteLine() }
        printed -= read
        lines += UInt64(read)
        unlogged += count.compare(
          snapshot, lines: read, isDrained: isDrained, at: seconds(now),
          limit: .random(in: 1...9, using: &random))
        #expect(lines + unlogged <= kills)
        #expect(unlogged <= lost, "a line that was to come was taken for lost")
      }
      let isFlood = Bool.random(using: &random)
      for _ in 0..<400 {
        now += .random(in: 0.01...0.2, using: &random)
        printed += underWay.count { $0 <= now }
        underWay.removeAll { $0 <= now }
        // The count first, then some more kills before the log is read.
        let snapshot = counted
        // One at a time, under the kernel's oom_lock; a printer that is taken off its core keeps the next waiting.
        if underWay.isEmpty, Int.random(in: 0..<3, using: &random) == 0 {
          counted += 1
          kills += 1
          if isFlood, Bool.random(using: &random) {
            lost += 1
          } else {
            let isLate = Int.random(in: 0..<10, using: &random) == 0
            underWay.append(now + (isLate ? .random(in: 0...0.2, using: &random) : 0))
          }
        }
        if Bool.random(using: &random) {
          look(snapshot, isDrained: Int.random(in: 0..<4, using: &random) > 0)
        }
      }
      printed += underWay.count
      for _ in 0..<100 {
        now += 2
        look(counted, isDrained: true)
      }
      #expect(lines + unlogged == kills)
      #expect(unlogged == lost)
      #expect(count.accounted == counted)
    }
  }
}
