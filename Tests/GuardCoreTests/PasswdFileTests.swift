import GuardCore
import Testing

struct PasswdFileTests {
  private let file = PasswdFile(
    Array(
      "root:x:0:0:root:/root:/bin/sh\n#off:x:1:1::/:\ntoor:x:0:0::/:/bin/sh\nbad\n:x:7:7\nweb:x:33:33:::\nweb:x:34:34:::\nbig:x:4294967296:1::\n"
        .utf8))

  @Test(arguments: [
    ("root", 0), ("toor", 0), ("web", 33), ("bad", nil), ("#off", nil), ("off", nil), ("big", nil), ("", nil),
  ])
  func aNameHasTheFirstIDGivenToIt(name: String, uid: UInt32?) { #expect(file.uid(of: name.utf8) == uid) }

  @Test(arguments: [(0, "root"), (33, "web"), (34, "web"), (7, nil)])
  func anIDHasTheFirstNameGivenToIt(uid: UInt32, name: String?) {
    #expect(file.name(of: uid) == name.map { Array($0.utf8) })
  }
}
