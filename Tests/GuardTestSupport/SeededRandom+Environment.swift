import Foundation

extension SeededRandom {
  /// One whose seed is `OOMGUARD_TEST_SEED`, else a new one; printed, so that a failure can be had again.
  package static func printed(for test: String = #function) -> SeededRandom {
    let given = ProcessInfo.processInfo.environment["OOMGUARD_TEST_SEED"].flatMap { UInt64($0) }
    let seed = given ?? .random(in: 0 ... .max)
    print("\(test): OOMGUARD_TEST_SEED=\(seed)")
    return SeededRandom(seed: seed)
  }
}
