internal import Glibc
package import GuardCore

/// One process's `oom_score_adj`, kept open: reading it again costs an eighth of opening it, and it pins the
/// process, since it answers ESRCH once that is gone.
package final class ScoreFile {
  private let descriptor: OwnedDescriptor

  init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

  /// What the process carries now; `nil` once it is gone.
  package func score() -> OOMScoreAdj? { descriptor.score() }
}

extension OwnedDescriptor {
  /// What a process's `oom_score_adj` says now; `nil` once it is gone.
  borrowing func score() -> OOMScoreAdj? {
    // "-1000\n" is the longest.
    var buffer: (UInt64, UInt64) = (0, 0)
    let length = unsafe withUnsafeMutableBytes(of: &buffer) {
      unsafe pread(number, $0.baseAddress, 16, 0)
    }
    guard length > 1 else { return nil }
    return unsafe withUnsafeBytes(of: buffer) { bytes in
      unsafe Int(ascii: bytes.prefix(length - 1)).flatMap { OOMScoreAdj($0) }
    }
  }
}

extension ProcessDirectory {
  /// Keeps the score's file open for reading.
  package borrowing func scoreFile() throws(ProcessError) -> ScoreFile {
    try ProcessError.wrapping { () throws(SystemCallError) in
      ScoreFile(try directory.opening("oom_score_adj", O_RDONLY))
    }
  }
}
