internal import CLinux
internal import Glibc
package import GuardCore

/// The `oom_score_adj` of many processes, kept open: reading one again costs an eighth of opening it, and it pins its
/// process, since it answers ESRCH once that is gone.
///
/// There may be thousands: held are their bare numbers, each closed when it is not wanted any more.
package struct ScoreFiles: ~Copyable {
  private var numbers: [Int32: CInt] = [:]
  private let limit: Int

  /// - Parameter limit: how many are kept open at most.
  package init(limit: Int) { self.limit = limit }

  deinit {
    for number in numbers.values { _ = Glibc.close(number) }
  }

  /// What the process carries now; `nil` once it is gone, or where its score is not kept open.
  package borrowing func score(of pid: Int32) -> OOMScoreAdj? { numbers[pid].flatMap { OOMScoreAdj(in: $0) } }

  /// Those of `pids` whose score cannot be read any more, as far as they are kept open.
  package borrowing func departed(_ pids: some Sequence<Int32>) -> Set<Int32> {
    let numbers = numbers
    return Set(pids.lazy.filter { numbers[$0].map { OOMScoreAdj(in: $0) == nil } ?? false })
  }

  /// Keeps the score of this process open, if there is room and it is not already.
  package mutating func keep(_ pid: Int32, _ directory: borrowing ProcessDirectory) {
    guard numbers[pid] == nil, numbers.count < limit else { return }
    let number = unsafe clinux_openat(
      directory.directory.number, "oom_score_adj", O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0)
    if number != -1 { numbers[pid] = number }
  }

  /// Closes those of processes that are not wanted any more. Of a crowd that has left no place is kept.
  package mutating func close(where isUnwanted: (Int32) -> Bool) {
    // Most often there is none to close, and then nothing is copied.
    numbers = numbers.filter { pid, number in
      guard isUnwanted(pid) else { return true }
      Glibc.close(number)
      return false
    }
  }
}

extension OwnedDescriptor {
  /// What a process's `oom_score_adj` says now; `nil` once it is gone.
  borrowing func score() -> OOMScoreAdj? { OOMScoreAdj(in: number) }
}

extension OOMScoreAdj {
  /// What the open `oom_score_adj` of a process says now; `nil` once it is gone.
  fileprivate init?(in file: CInt) {
    // "-1000\n" is the longest.
    var buffer: (UInt64, UInt64) = (0, 0)
    let length = unsafe withUnsafeMutableBytes(of: &buffer) { unsafe pread(file, $0.baseAddress, 16, 0) }
    guard length > 1 else { return nil }
    let value = unsafe withUnsafeBytes(of: buffer) { unsafe Int(ascii: $0.prefix(length - 1)) }
    guard let value, let score = OOMScoreAdj(value) else { return nil }
    self = score
  }
}
