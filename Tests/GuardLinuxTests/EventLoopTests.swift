import Foundation
import Testing

@testable import GuardLinux

struct EventLoopTests {
  @Test func itTellsWhoIsReadyAndForWhat() throws {
    let one = try PipeEnds()
    let two = try PipeEnds()
    var loop = try EventLoop()
    try loop.watch(one.reader, for: .readable, token: .max)
    try loop.watch(two.reader, for: .readable, token: 2)
    try loop.watch(two.writer, for: .writable, token: 3)
    let first = try loop.wait()
    #expect(first.map(\.token) == [3] && first.map(\.readiness) == [.writable])
    try one.writer.write("x")
    #expect(try Set(loop.wait().map(\.token)) == [3, .max])
    // Asked for something else: whatever it is ready for now is not told any more.
    try loop.change(two.writer, to: .exceptional, token: 4)
    let second = try loop.wait()
    #expect(second.map(\.token) == [.max] && second.map(\.readiness) == [.readable])
  }

  @Test func aClosedDescriptorIsNotToldOfAnyMore() throws {
    var loop = try EventLoop()
    let stays = try PipeEnds()
    do {
      let goes = try PipeEnds()
      try goes.writer.write("x")
      try loop.watch(goes.reader, for: .readable, token: 1)
      #expect(try loop.wait().map(\.token) == [1])
    }
    try stays.writer.write("x")
    try loop.watch(stays.reader, for: .readable, token: 2)
    #expect(try loop.wait().map(\.token) == [2])
  }

  @Test func aWriterThatIsGoneIsAFailure() throws {
    var loop = try EventLoop()
    let ends = try makePipe()
    let reader = OwnedDescriptor(number: ends.reader, path: "reader")
    try loop.watch(reader, for: .readable, token: 1)
    close(ends.writer)
    let told = try loop.wait()
    #expect(told.map(\.token) == [1] && !told[0].readiness.isDisjoint(with: .failed))
  }

  @Test func aRegularFileCannotBeWatched() throws {
    let loop = try EventLoop()
    let file = try OwnedDescriptor.opening(path: #filePath, O_RDONLY)
    #expect(throws: SystemCallError(call: "epoll_ctl", subject: #filePath, code: EPERM)) {
      try loop.watch(file, for: .readable, token: 1)
    }
  }
}
