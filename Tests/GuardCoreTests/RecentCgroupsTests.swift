import GuardCore
import GuardTestSupport
import Testing

struct RecentCgroupsTests {
  /// There is room for 64 of them, and more want the same place: whoever asks gets no other path than the asked one.
  @Test func aPathIsNeverTakenForAnother() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    var recent = RecentCgroups()
    for _ in 0..<10_000 {
      let path = CgroupPath("/system.slice/db@\(Int.random(in: 0..<500, using: &random)).service".utf8)
      #expect(recent.shared(path) == path, "seed \(seed)")
    }
  }
}
