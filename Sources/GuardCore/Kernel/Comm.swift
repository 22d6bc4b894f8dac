/// What a process calls itself: at most 15 bytes of its own choice, any but NUL. Source: include/linux/sched.h,
/// TASK_COMM_LEN.
///
/// Held within two words, since there may be thousands of them; what a kernel worker has beyond 16 bytes is left out.
package struct Comm: Equatable, Sendable {
  private var words: (head: UInt64, tail: UInt64) = (0, 0)

  package init(_ bytes: some Sequence<UInt8>) {
    for (index, byte) in bytes.prefix(16).enumerated() {
      let bits = UInt64(byte) &<< UInt64(index % 8 * 8)
      if index < 8 { words.head |= bits } else { words.tail |= bits }
    }
  }

  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for var word in [words.head, words.tail] {
      while word != 0 {
        bytes.append(UInt8(truncatingIfNeeded: word))
        word &>>= 8
      }
    }
    return bytes
  }

  package static func == (left: Self, right: Self) -> Bool { left.words == right.words }
}

extension Comm {
  /// For people.
  package var printable: String { bytes.printable }
}
