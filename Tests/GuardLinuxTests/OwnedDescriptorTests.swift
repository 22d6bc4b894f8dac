import Foundation
import GuardTestSupport
import Testing

@testable import GuardLinux

struct OwnedDescriptorTests {
  @Test func itIsClosedWithItsOwner() throws {
    let temporary = try TemporaryRoot()
    try temporary.write("x", to: "f")
    func opened() throws -> CInt {
      let file = try OwnedDescriptor.opening(path: "\(temporary.path)/f", O_RDONLY)
      #expect(fcntl(file.number, F_GETFD) & FD_CLOEXEC != 0)
      return file.number
    }
    let number = try opened()
    // The number may be another test's file by now, but not this file any more.
    let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")
    #expect(link != "\(temporary.path)/f")
  }

  @Test func aLastComponentThatIsALinkIsNotFollowed() throws {
    let temporary = try TemporaryRoot()
    try temporary.write("secret", to: "f")
    try temporary.link("link", to: "f")
    let directory = try OwnedDescriptor.opening(path: temporary.path, O_RDONLY | O_DIRECTORY)
    #expect(throws: SystemCallError(call: "openat", subject: "\(temporary.path)/link", code: ELOOP)) {
      _ = try directory.opening("link", O_RDONLY)
    }
    #expect(throws: SystemCallError(call: "openat", subject: "\(temporary.path)/link", code: ELOOP)) {
      _ = try directory.opening(bytes: Array("link".utf8), O_RDONLY)
    }
    #expect(try directory.opening("f", O_RDONLY).readAll(limit: 100) == Array("secret".utf8))
  }

  @Test func nothingThereYetIsNoError() throws {
    let pipe = try PipeEnds()
    #expect(try pipe.reader.read(atMost: 10) == nil)
    try pipe.writer.write("abc")
    #expect(try pipe.reader.read(atMost: 2) == Array("ab".utf8))
    #expect(try pipe.reader.read(atMost: 10) == Array("c".utf8))
    // A pipe that is full: what could not be written is an error, not a wait.
    #expect(throws: SystemCallError(call: "write", subject: "writer", code: EAGAIN)) {
      try pipe.writer.write(String(repeating: "x", count: 1 << 22))
    }
  }

  @Test func theReasonIsTheKernels() {
    let error = SystemCallError(call: "openat", subject: "/x", code: ENOENT)
    #expect(error.description == "/x: No such file or directory")
    #expect(error.meansGone && !error.isNotPermitted && !error.isInvalidArgument)
    #expect(SystemCallError(call: "", subject: "", code: EPERM).isNotPermitted)
    #expect(SystemCallError(call: "", subject: "", code: ESRCH).meansGone)
  }
}
