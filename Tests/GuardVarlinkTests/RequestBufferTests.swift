import GuardTestSupport
import Testing

@testable import GuardVarlink

struct RequestBufferTests {
  @Test func requestsEndWithNULHoweverTheyCome() {
    var random = SeededRandom.printed()
    let requests = (0..<200).map {
      [UInt8](repeating: UInt8($0 % 255 + 1), count: .random(in: 0...900, using: &random))
    }
    var rest = Array(requests.map { $0 + [0] }.joined())[...]
    var buffer = RequestBuffer()
    var taken: [[UInt8]] = []
    while !rest.isEmpty {
      let piece = rest.prefix(.random(in: 1...2_000, using: &random))
      rest = rest.dropFirst(piece.count)
      let isTaken = buffer.append(Array(piece))
      #expect(isTaken)
      while buffer.isReady, Bool.random(using: &random), let request = buffer.take() { taken.append(request) }
    }
    while let request = buffer.take() { taken.append(request) }
    #expect(taken == requests)
    #expect(!buffer.isReady && !buffer.isUnfinished)
  }

  @Test func whatIsTooLongIsRefused() {
    var buffer = RequestBuffer()
    let half = [UInt8](repeating: 0x61, count: RequestBuffer.limit / 2)
    let outcomes = [buffer.append(half), buffer.isUnfinished, buffer.isReady, buffer.append(half)]
    #expect(outcomes == [true, true, false, false])
    var exact = RequestBuffer()
    let isTaken = exact.append(half + half.dropLast() + [0])
    let lengths = [exact.take()?.count, exact.take()?.count]
    #expect(isTaken && lengths == [RequestBuffer.limit - 1, nil] && !exact.isUnfinished)
  }
}
