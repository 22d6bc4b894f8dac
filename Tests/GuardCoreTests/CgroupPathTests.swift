import GuardCore
import Testing

struct CgroupPathTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var path: String
    var units: [String]
    var userUnit: String?
    var testDescription: String { path }
  }

  @Test(arguments: [
    Case(path: "/", units: []),
    Case(path: "/init.scope", units: ["init.scope"]),
    Case(path: "/system.slice/ssh.service", units: ["system.slice", "ssh.service"]),
    Case(
      path: "/system.slice/system-postgresql.slice/postgresql@15-main.service",
      units: ["system.slice", "system-postgresql.slice", "postgresql@15-main.service"]),
    // What a service makes below itself is its own affair.
    Case(path: "/system.slice/x.service/y.service", units: ["system.slice", "x.service"]),
    Case(path: "/system.slice/x.service/y.slice/z.service", units: ["system.slice", "x.service"]),
    Case(
      path: "/user.slice/user-1.slice/session-3.scope",
      units: ["user.slice", "user-1.slice", "session-3.scope"]),
    Case(
      path: "/user.slice/user-1.slice/user@1.service/app.slice/app-x.slice/ssh.service/a",
      units: ["user.slice", "user-1.slice", "user@1.service"], userUnit: "ssh.service"),
    Case(
      path: "/user.slice/user-1.slice/user@1.service/init.scope",
      units: ["user.slice", "user-1.slice", "user@1.service"], userUnit: "init.scope"),
    Case(
      path: "/user.slice/user-1.slice/user@1.service/app.slice",
      units: ["user.slice", "user-1.slice", "user@1.service"]),
    // A container's own units.
    Case(
      path: "/machine.slice/machine-a.scope/payload/system.slice/ssh.service",
      units: ["machine.slice", "machine-a.scope"]),
    Case(path: "/docker/0123/ssh.service", units: []),
    Case(path: "/system.slice/docker-0123.scope", units: ["system.slice", "docker-0123.scope"]),
    // "_" is how systemd keeps a name clear of the kernel's files.
    Case(path: "/system.slice/_cpu.x.service", units: ["system.slice", "cpu.x.service"]),
    Case(path: "/.slice/.service", units: []),
    Case(path: "system.slice//x.mount", units: ["system.slice", "x.mount"]),
  ])
  func unitsAreReadOffThePathAsPID1LaysItOut(expected: Case) {
    let path = CgroupPath(expected.path.utf8)
    #expect(path.bytes == Array(expected.path.utf8))
    #expect(path.systemUnits.map { Array($0) } == expected.units.map { Array($0.utf8) })
    #expect(path.userUnit == expected.userUnit.map { Array($0.utf8) })
    #expect(path.unit == expected.units.last.map { Array($0.utf8) })
  }

  @Test func namesNeedNotBeUTF8() {
    let path = CgroupPath(Array("/a.slice/".utf8) + [0xff] + Array(".scope".utf8))
    #expect(path.unit == [0xff] + Array(".scope".utf8))
    #expect(path.description == "/a.slice/\\xff.scope")
  }

  @Test func aNameIsAppendedBelowTheRootToo() {
    #expect(CgroupPath.root.appending("a".utf8) == CgroupPath("/a".utf8))
    #expect(CgroupPath("/a".utf8).appending("b".utf8) == CgroupPath("/a/b".utf8))
  }
}
