import Foundation
import GuardCore
import GuardTestSupport
import Testing

@testable import GuardLinux

struct RootDirectoryTests {
  private func error(_ body: () throws -> Void) throws -> SystemCallError {
    try #require(#expect(throws: SystemCallError.self, performing: body))
  }

  @Test(arguments: [("/", ""), ("//", ""), ("", ""), ("/a", "/a"), ("/a//", "/a"), ("a/", "a")])
  func aSlashAtItsEndIsNoPartOfIt(path: String, prefix: String) {
    #expect(RootDirectory(path).prefix == prefix)
    #expect(RootDirectory(path).isMachine == prefix.isEmpty)
    #expect(RootDirectory(path).path("/proc") == prefix + "/proc")
  }

  @Test(arguments: [0, 1, 4095, 4096, 4097, 70_000])
  func aFileIsReadWhole(size: Int) throws {
    let temporary = try TemporaryRoot()
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try temporary.write(bytes, to: "f")
    let root = RootDirectory(temporary.path)
    #expect(try root.read("/f") == bytes)
    #expect(try root.read("/f", limit: size) == bytes)
    let owned = try root.readOwned("/f")
    #expect(owned.bytes == bytes && owned.owner == geteuid())
  }

  @Test(arguments: [(1, 0), (11, 10), (4096, 4095), (4097, 4096), (4098, 4096), (70_000, 69_999)])
  func moreThanTheLimitIsRefused(size: Int, limit: Int) throws {
    let temporary = try TemporaryRoot()
    try temporary.write([UInt8](repeating: 0x61, count: size), to: "f")
    let error = try error { _ = try RootDirectory(temporary.path).read("/f", limit: limit) }
    #expect(error == SystemCallError(call: "read", subject: "\(temporary.path)/f", code: EFBIG))
  }

  @Test func whatIsNoRegularFileIsRefusedWithoutWaiting() throws {
    let temporary = try TemporaryRoot()
    let root = RootDirectory(temporary.path)
    try temporary.write("", to: "directory/x")
    try temporary.makeFIFO("fifo")
    try temporary.link("device", to: "/dev/null")
    let socket = try BoundSocket("\(temporary.path)/socket")
    for (name, code) in [("directory", EISDIR), ("fifo", EINVAL), ("device", EINVAL)] {
      let error = try error { _ = try root.read("/\(name)") }
      #expect(error == SystemCallError(call: "read", subject: "\(temporary.path)/\(name)", code: code))
      #expect(error.isNotARegularFile == (code == EINVAL))
    }
    #expect(try error { _ = try root.read("/socket") }.code == ENXIO)
    #expect(try error { _ = try root.read("/missing") }.meansGone)
    #expect(try error { _ = try root.read("/directory/x/y") }.code == ENOTDIR)
    withExtendedLifetime(socket) {}
  }

  @Test func namesAreBytesAndLeaveOutDots() throws {
    let temporary = try TemporaryRoot()
    for name in [".hidden", "..x", "a b", "line\nfeed"] { try temporary.write("", to: name) }
    try temporary.write("", toBytes: [0xff, 0xfe])
    let names = try RootDirectory(temporary.path).names(in: "/")
    #expect(
      Set(names) == Set([".hidden", "..x", "a b", "line\nfeed"].map { Array($0.utf8) } + [[0xff, 0xfe]]))
  }

  @Test func theMachinesFiguresAreThere() throws {
    let root = RootDirectory()
    let bootID = try root.bootID()
    #expect(bootID.count == 36)
    #expect(root.totalMemoryBytes > 1 << 26)
    let available = try #require(root.memory?.availableHundredths)
    #expect((0...10_000).contains(available))
    #expect(root.exists("/proc/self") && !root.exists("/proc/none"))
  }

  @Test func whatAFakeRootLacksIsAbsentAndNotZero() throws {
    let temporary = try TemporaryRoot()
    let root = RootDirectory(temporary.path)
    #expect(root.pressure == nil && root.memory == nil)
    let bootID = try root.bootID()
    #expect(root.oomKillCount == nil && bootID == [] && root.totalMemoryBytes == 0)
    try temporary.write("MemTotal: 1000 kB\nMemAvailable: 2000 kB\nSwapTotal: 24 kB\n", to: "proc/meminfo")
    #expect(root.memory?.availableHundredths == 10_000, "no more than all")
    #expect(root.totalMemoryBytes == 1024 * 1024)
  }
}
