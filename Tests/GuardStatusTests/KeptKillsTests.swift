import Foundation
import GuardTestSupport
import Testing

@testable import GuardStatus

struct KeptKillsTests {
  /// The document as the daemon writes it: its kills are kept as texts.
  private func keeping(_ document: StatusDocument) -> StatusDocument {
    var kept = document
    kept.kills.last = []
    for kill in document.kills.last { kept.kills.kept.append(kill) }
    return kept
  }

  @Test func keptKillsAreWrittenAsThoseNeverKept() throws {
    #expect(try JSONWriter.bytes(of: keeping(.full)) == JSONWriter.bytes(of: StatusDocument.full))
    #expect(try JSONWriter.bytes(of: keeping(.bare)) == JSONWriter.bytes(of: StatusDocument.bare))
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    for round in 0..<200 {
      let document = StatusDocument.random(using: &random)
      #expect(
        try JSONWriter.bytes(of: keeping(document)) == JSONWriter.bytes(of: document),
        "seed \(seed), round \(round)")
    }
  }

  @Test func whatIsNotKeptComesAfterIt() throws {
    var both = keeping(.full)
    both.kills.last = Array(StatusDocument.full.kills.last.reversed())
    var all = StatusDocument.full
    all.kills.last += both.kills.last
    #expect(try JSONWriter.bytes(of: both) == JSONWriter.bytes(of: all))
  }

  @Test func theOldestAreDroppedBeyondTheMost() throws {
    var document = StatusDocument.bare
    document.kills.last = (0..<StatusDocument.maximumKills + 3).map {
      StatusDocument.Kill(id: "01234567-\($0)", seq: UInt64($0), at: nil, victim: .init(), source: .kernelLog)
    }
    let kept = keeping(document)
    document.kills.last.removeFirst(3)
    #expect(try JSONWriter.bytes(of: kept) == JSONWriter.bytes(of: document))
  }

  @Test func anEncoderThatKnowsNoTextsOfJSONRefusesThem() throws {
    #expect(throws: EncodingError.self) { try JSONEncoder().encode(keeping(.full)) }
  }
}
