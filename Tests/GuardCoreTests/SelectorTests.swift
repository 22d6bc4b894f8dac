import GuardCore
import Testing

/// A process that counts what it is asked.
private struct Process: ProcessFacts {
  var asked: [String] = []
  private let answers: [String: String]

  init(_ answers: [String: String] = [:]) {
    let ordinary = [
      "cgroup": "/system.slice/postgresql@15-main.service", "comm": "postgres", "uid": "26",
      "exe": "/usr/lib/postgresql/15/bin/postgres", "cmdline": "postgres -D /srv/pg",
    ]
    self.answers = ordinary.merging(answers) { $1 }
  }

  private mutating func answer(_ name: String) -> [UInt8]? {
    asked.append(name)
    return answers[name].flatMap { $0.isEmpty ? nil : Array($0.utf8) }
  }

  var cgroup: CgroupPath? { mutating get { answer("cgroup").map { CgroupPath($0) } } }
  var comm: [UInt8]? { mutating get { answer("comm") } }
  var effectiveUID: UInt32? { mutating get { answer("uid").flatMap { UInt32(ascii: $0) } } }
  var exe: [UInt8]? { mutating get { answer("exe") } }
  var cmdline: [UInt8]? { mutating get { answer("cmdline") } }
  mutating func uid(named name: String) -> UInt32? {
    asked.append("uid of \(name)")
    return ["postgres": 26, "root": 0][name]
  }
}

struct SelectorTests {
  private func selector(_ change: (inout Selector) throws -> Void) rethrows -> Selector {
    var selector = Selector()
    try change(&selector)
    return selector
  }

  private func everything() throws -> Selector {
    try selector {
      $0.units = [try Glob("nginx.service", as: .name), try Glob("postgresql@*.service", as: .name)]
      $0.cgroups = [try Glob("/system.slice/**", as: .path)]
      $0.exes = [try Glob("/usr/lib/postgresql/*/bin/postgres", as: .path)]
      $0.comms = [try Glob("postgres", as: .name)]
      $0.cmdlines = [try RegularExpression("-D /srv/")]
      $0.users = [.name("nobody-here"), .name("postgres")]
    }
  }

  @Test func allSelectorsAndAnyValueOfEachMustMatch() throws {
    var process = Process()
    #expect(try everything().matches(&process))
    #expect(
      process.asked == ["cgroup", "comm", "uid", "uid of nobody-here", "uid of postgres", "exe", "cmdline"])
  }

  @Test(arguments: [
    ["cgroup": "/user.slice/user-1.slice/user@1.service/app.slice/postgresql@15-main.service"],
    ["cgroup": "/machine.slice/m.scope/postgresql@15-main.service"], ["cgroup": ""], ["comm": "postgres2"],
    ["comm": ""], ["uid": "27"], ["uid": ""], ["exe": "/usr/lib/postgresql/15/x/bin/postgres"], ["exe": ""],
    ["cmdline": "postgres -D /opt"], ["cmdline": ""],
  ])
  func oneThatDoesNotMatchOrCannotBeKnownIsEnough(answers: [String: String]) throws {
    var process = Process(answers)
    #expect(try !everything().matches(&process))
  }

  @Test func whatIsNotNeededIsNotAsked() throws {
    var process = Process(["comm": "x"])
    #expect(try !everything().matches(&process))
    #expect(process.asked == ["cgroup", "comm"])
    process.asked = []
    #expect(selector { $0.users = [.uid(26)] }.matches(&process))
    #expect(process.asked == ["uid"])
  }

  @Test func aUnitMayBeOneOfTheSlicesAround() throws {
    var process = Process()
    let slice = try selector { $0.units = [try Glob("system.slice", as: .name)] }
    #expect(slice.matches(&process))
    #expect(slice.namesCgroups)
  }

  @Test func aUserUnitIsOneOfTheUsersOwnManager() throws {
    let mine = try selector { $0.userUnits = [try Glob("app.service", as: .name)] }
    #expect(mine.namesCgroups)
    #expect(mine.admits(CgroupPath("/user.slice/user-1.slice/user@1.service/app.slice/app.service".utf8)))
    #expect(!mine.admits(CgroupPath("/system.slice/app.service".utf8)))
    #expect(!mine.admits(.root))
  }

  @Test func withoutCgroupsEveryCgroupIsAdmitted() throws {
    let byName = try selector { $0.comms = [try Glob("x", as: .name)] }
    #expect(!byName.namesCgroups)
    #expect(byName.admits(.root))
  }
}
