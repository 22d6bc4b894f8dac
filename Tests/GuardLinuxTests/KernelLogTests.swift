import Foundation
import GuardCore
import GuardTestSupport
import Testing

@testable import GuardLinux

struct KernelLogTests {
  private static let isReadable = (try? KernelLog(in: RootDirectory())) != nil

  @Test(.enabled(if: isReadable, "/dev/kmsg is not permitted here"))
  func theMachinesRecordsComeInOrder() throws {
    var log = try KernelLog(in: RootDirectory())
    var last: UInt64?
    var count = 0
    while let reading = try log.next() {
      guard case .record(let bytes) = reading else { continue }
      let record = try KmsgRecord(bytes)
      if let last { #expect(record.sequence > last) }
      last = record.sequence
      count += 1
    }
    #expect(count > 0)
    // A second reader has a position of its own.
    var second = try KernelLog(in: RootDirectory())
    guard case .record = try second.next() else {
      Issue.record("nothing to be read")
      return
    }
  }

  @Test(arguments: ["/dev/zero", "/dev/null", "/dev/ptmx"])
  func anotherDeviceInItsPlaceIsRefused(device: String) throws {
    let root = try TemporaryRoot()
    try FileManager.default.createDirectory(atPath: "\(root.path)/dev", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: "\(root.path)/dev/kmsg", withDestinationPath: device)
    #expect(throws: SystemCallError(call: "open", subject: "\(root.path)/dev/kmsg", code: ENODEV)) {
      _ = try KernelLog(in: RootDirectory(root.path))
    }
  }

  @Test func withoutALogTheErrorNamesIt() {
    #expect(throws: SystemCallError(call: "open", subject: "/nowhere/dev/kmsg", code: 2)) {
      _ = try KernelLog(in: RootDirectory("/nowhere"))
    }
  }
}
