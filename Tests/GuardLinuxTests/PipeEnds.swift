import Foundation
import Testing

@testable import GuardLinux

/// A pipe whose ends do not wait.
func makePipe() throws -> (reader: CInt, writer: CInt) {
  var ends: [CInt] = [0, 0]
  let made = unsafe pipe(&ends)
  try #require(made == 0)
  for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
  return (ends[0], ends[1])
}

struct PipeEnds: ~Copyable {
  let reader, writer: OwnedDescriptor

  init() throws {
    let ends = try makePipe()
    reader = OwnedDescriptor(number: ends.reader, path: "reader")
    writer = OwnedDescriptor(number: ends.writer, path: "writer")
  }
}
