import Foundation
import GuardTestSupport
import Testing

@testable import GuardLinux

struct DatagramSocketTests {
  @Test func aReaderThatNeverReadsStopsNobody() throws {
    let temporary = try TemporaryRoot()
    let path = "\(temporary.path)/s"
    let reader = try BoundSocket(path)
    let socket = try DatagramSocket(connectedTo: path)
    var sent = 0
    while try socket.send([1, 2, 3]) == .sent { sent += 1 }
    #expect(sent > 0)
    #expect(try socket.send([4]) == .full)
    #expect(reader.receiveAll() == Array(repeating: [1, 2, 3], count: sent))
    #expect(try socket.send([4]) == .sent)
    #expect(reader.receiveAll() == [[4]])
  }

  @Test func tooMuchInFlightIsFullAsWell() throws {
    let temporary = try TemporaryRoot()
    let path = "\(temporary.path)/s"
    let reader = try BoundSocket(path)
    let socket = try DatagramSocket(connectedTo: path)
    let large = [UInt8](repeating: 7, count: 100_000)
    var sent = 0
    while try socket.send(large) == .sent { sent += 1 }
    #expect(sent >= 2, "a journal entry with a kernel report fits")
    #expect(reader.receiveAll().count == sent)
  }

  @Test func aReaderThatIsGoneIsAnError() throws {
    let temporary = try TemporaryRoot()
    let path = "\(temporary.path)/s"
    #expect(throws: SystemCallError(call: "connect", subject: path, code: ENOENT)) {
      _ = try DatagramSocket(connectedTo: path)
    }
    var reader: BoundSocket? = try BoundSocket(path)
    let socket = try DatagramSocket(connectedTo: path)
    withExtendedLifetime(reader) {}
    reader = nil
    #expect(throws: SystemCallError(call: "send", subject: path, code: ECONNREFUSED)) {
      _ = try socket.send([1])
    }
  }

  @Test func anAbstractNameBeginsWithAnAt() throws {
    let name = "oomguard-test-\(UUID().uuidString)"
    let reader = try BoundSocket(abstract: name)
    let socket = try DatagramSocket(connectedTo: "@\(name)")
    #expect(try socket.send([1]) == .sent)
    #expect(reader.receiveAll() == [[1]])
  }

  @Test func anAddressThatIsTooLongOrEmptyIsRefused() {
    let long = "/" + String(repeating: "x", count: 108)
    #expect(throws: SystemCallError(call: "connect", subject: long, code: ENAMETOOLONG)) {
      _ = try DatagramSocket(connectedTo: long)
    }
    #expect(throws: SystemCallError.self) { _ = try DatagramSocket(connectedTo: "") }
  }
}
