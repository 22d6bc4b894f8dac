import GuardCore
import Testing

struct PIDReaderTests {
  private static let lists: [(text: String, pids: [Int32])] = [
    ("", []), ("\n", []), ("1\n", [1]), ("1\n22\n333\n", [1, 22, 333]), ("1\n22", [1, 22]),
    // From outside our pid namespace.
    ("0\n7\n0\n", [7]), ("2147483647\n", [.max]),
    // No process is called so: the others are none the worse for it.
    ("2147483648\n99999999999999999999\n5\n", [5]), ("-1\n1x\nx\n 6\n\n7\n", [7]),
  ]

  @Test(arguments: lists)
  func aListIsReadAlikeInPiecesOfAnySize(text: String, pids: [Int32]) {
    let bytes = Array(text.utf8)
    for size in 1...max(1, bytes.count) {
      var reader = PIDReader()
      var found: [Int32] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        reader.read(bytes[start..<min(start + size, bytes.count)], into: &found)
      }
      reader.end(into: &found)
      #expect(found == pids, "pieces of \(size)")
    }
  }
}
