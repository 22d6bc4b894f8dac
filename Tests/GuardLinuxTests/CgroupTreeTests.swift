import Foundation
import GuardCore
import GuardTestSupport
import Testing

@testable import GuardLinux

struct CgroupTreeTests {
  /// What a walk hands over: path and pids, in path order.
  private func walk(
    _ root: RootDirectory, wanted: (CgroupPath) -> Bool = { _ in true }
  ) throws -> [String: [Int32]] {
    var seen: [String: [Int32]] = [:]
    try CgroupTree(in: root).walk(step: { .init(lists: wanted($0)) }, visit: { seen["\($0)"] = $1 })
    return seen
  }

  private func fake(_ files: [String: String]) throws -> TemporaryRoot {
    let temporary = try TemporaryRoot()
    for (name, text) in files { try temporary.write(text, to: "sys/fs/cgroup/\(name)") }
    return temporary
  }

  @Test func theUnifiedHierarchyIsWalkedFromItsTop() throws {
    let temporary = try fake([
      "cgroup.controllers": "memory pids\n", "cgroup.procs": "1\n2\n",
      "system.slice/cgroup.procs": "", "system.slice/db.service/cgroup.procs": "77\n0\n78\n",
      "system.slice/db.service/memory.max": "max\n", "init.scope/cgroup.procs": "3\n",
    ])
    let root = RootDirectory(temporary.path)
    #expect(try CgroupTree(in: root).version == .v2)
    // Pid 0 stands for one outside our pid namespace.
    #expect(try walk(root) == ["/": [1, 2], "/system.slice/db.service": [77, 78], "/init.scope": [3]])
    #expect(
      try walk(root) { $0.unit == Array("db.service".utf8) } == ["/system.slice/db.service": [77, 78]],
      "the way there need not be wanted")
  }

  @Test func onAHybridSystemItIsSystemdsOwnHierarchy() throws {
    let temporary = try fake([
      "systemd/cgroup.procs": "1\n", "systemd/a.service/cgroup.procs": "5\n",
      "unified/cgroup.procs": "1\n", "unified/b.service/cgroup.procs": "6\n", "memory/cgroup.procs": "7\n",
    ])
    let root = RootDirectory(temporary.path)
    #expect(try CgroupTree(in: root).version == .v1Systemd)
    #expect(try walk(root) == ["/": [1], "/a.service": [5]])
  }

  @Test func withoutThatItIsTheUnifiedOneBesideTheOthers() throws {
    let temporary = try fake(["unified/cgroup.procs": "1\n", "memory/cgroup.procs": "7\n"])
    let root = RootDirectory(temporary.path)
    #expect(try CgroupTree(in: root).version == .v2)
    #expect(try walk(root) == ["/": [1]])
  }

  @Test func withoutAnyItSaysWhatIsMissing() throws {
    let temporary = try fake(["memory/cgroup.procs": "7\n"])
    let subject = "\(temporary.path)/sys/fs/cgroup/cgroup.controllers"
    #expect(throws: SystemCallError(call: "open", subject: subject, code: ENOENT)) {
      _ = try CgroupTree(in: RootDirectory(temporary.path))
    }
  }

  @Test func namesAreBytes() throws {
    let temporary = try fake([
      "cgroup.controllers": "", "cgroup.procs": "", "two words/cgroup.procs": "5\n",
      "line\nfeed/cgroup.procs": "6\n", "..hidden/cgroup.procs": "7\n",
    ])
    let strange = Array("sys/fs/cgroup/".utf8) + [0xff, 0xfe]
    try temporary.makeDirectory(bytes: strange)
    try temporary.write("8\n", toBytes: strange + "/cgroup.procs".utf8)
    var seen: [[UInt8]: [Int32]] = [:]
    let tree = try CgroupTree(in: RootDirectory(temporary.path))
    try tree.walk { seen[$0.bytes] = $1 }
    #expect(
      seen == [
        Array("/two words".utf8): [5], Array("/line\nfeed".utf8): [6], Array("/..hidden".utf8): [7],
        [0x2f, 0xff, 0xfe]: [8],
      ])
  }

  @Test func linksAreNotFollowedAndWhatIsHalfThereIsPassedOver() throws {
    let temporary = try fake([
      "cgroup.controllers": "", "cgroup.procs": "1\n", "a/cgroup.procs": "5\n", "half/cgroup.type": "",
    ])
    try temporary.link("sys/fs/cgroup/loop", to: ".")
    #expect(try walk(RootDirectory(temporary.path)) == ["/": [1], "/a": [5]])
  }

  @Test func aListThatCannotBeReadIsAnErrorAndNotAnEmptyCgroup() throws {
    let temporary = try fake(["cgroup.controllers": "", "cgroup.procs": "1\n", "a/cgroup.procs/x": ""])
    #expect(throws: SystemCallError.self) { _ = try walk(RootDirectory(temporary.path)) }
  }

  @Test func cgroupsNestedDeeperThanAPathReachesHideNoOthers() throws {
    let temporary = try fake(["cgroup.controllers": "", "cgroup.procs": "", "z.service/cgroup.procs": "5\n"])
    try temporary.withAbyss(below: "sys/fs/cgroup") {
      let seen = try walk(RootDirectory(temporary.path)) { $0.unit == Array("z.service".utf8) }
      #expect(seen == ["/z.service": [5]])
    }
  }

  // MARK: the machine's own

  private static let top: String? = {
    guard let tree = try? CgroupTree(in: RootDirectory()) else { return nil }
    let tops =
      switch tree.version {
      case .v1Systemd: ["/sys/fs/cgroup/systemd"]
      case .v1Memory: ["/sys/fs/cgroup/memory"]
      case .v2: ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
      }
    return tops.first { OwnCgroup.canBeMade(below: $0) }
  }()

  @Test(
    .enabled(if: top != nil, "needs root and a cgroup hierarchy"), arguments: ["plain", "two words \u{e9}"])
  func aCgroupOfTheKernelsIsFoundWithItsProcesses(name: String) throws {
    let top = try #require(Self.top)
    let path = "oomguard-test-\(UUID().uuidString) \(name)"
    let cgroup = try OwnCgroup("\(top)/\(path)")
    let child = try ChildProcess()
    try cgroup.add(child)
    let tree = try CgroupTree(in: RootDirectory())
    var seen: [[UInt8]: [Int32]] = [:]
    let wanted = Array("/\(path)".utf8)
    try tree.walk(step: { .init(lists: $0.bytes == wanted) }, visit: { seen[$0.bytes] = $1 })
    #expect(seen == [wanted: [child.pid]])
    // The process says the same of itself.
    let text = try ProcDirectory(in: RootDirectory()).process(child.pid).read("cgroup")
    #expect(tree.version.path(in: text)?.bytes == wanted)
    child.end()
    withExtendedLifetime(cgroup) {}
  }
}
