internal import GuardCore
internal import GuardLinux

/// The scores of processes on the ledger, kept open, so that a look at one is a read and no more.
struct ScoreFiles {
  private var files: [Int32: ScoreFile] = [:]
  private let limit: Int

  /// - Parameter descriptors: how many this process may have open for everything it does.
  init(descriptors: Int) {
    // Two are for each unit whose pressure is watched, and a few for everything else that is open.
    limit = descriptors - 2 * PressureWatch.maximumUnits - 64
  }

  /// What the process carries now; `nil` once it is gone, or where its score is not kept open.
  func score(of pid: Int32) -> OOMScoreAdj? { files[pid]?.score() }

  /// Those of `pids` whose score cannot be read any more, as far as they are kept open.
  func departed(_ pids: some Sequence<Int32>) -> Set<Int32> {
    Set(pids.lazy.filter { pid in files[pid].map { $0.score() == nil } ?? false })
  }

  /// Keeps the score of this process open, if there is room and it is not already.
  mutating func keep(_ pid: Int32, _ directory: borrowing ProcessDirectory) {
    guard files[pid] == nil, files.count < limit else { return }
    files[pid] = try? directory.scoreFile()
  }

  /// Closes those of processes that are not on the ledger any more.
  mutating func close(allBut ledger: Ledger) {
    // Most often there is none to close, and then nothing is copied.
    for pid in files.keys where ledger.entries[pid] == nil { files[pid] = nil }
  }
}
