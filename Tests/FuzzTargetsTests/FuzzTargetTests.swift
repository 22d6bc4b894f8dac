import Foundation
import FuzzTargets
import GuardCore
import GuardTestSupport
import Testing

struct FuzzTargetTests {
  /// The inputs that `make fuzz` kept, a line each.
  private static func corpus(_ target: FuzzTarget) throws -> [[UInt8]] {
    let path = Fixture.path("../Fuzz/corpus/\(target.rawValue).txt")
    let lines = try Data(contentsOf: URL(fileURLWithPath: path)).split(separator: UInt8(ascii: "\n"))
    // Bytes that cannot stand there are written as /dev/kmsg writes them.
    return try lines.map { Array(try KmsgRecord(Array("6,0,0,-;".utf8) + $0).text) }
  }

  @Test(arguments: FuzzTarget.allCases)
  func everyKeptInputIsRead(target: FuzzTarget) throws {
    let inputs = try Self.corpus(target)
    #expect(!inputs.isEmpty)
    for input in inputs {
      #expect(throws: Never.self, "\(input.printable)") { try target.read(input) }
    }
  }
}
