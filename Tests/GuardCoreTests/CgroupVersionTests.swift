import GuardCore
import Testing

struct CgroupVersionTests {
  private static let v2 = "0::/system.slice/db.service\n"
  private static let v1 = """
    12:memory:/a
    2:cpu,cpuacct:/b
    1:name=systemd:/system.slice/db.service

    """
  private static let hybrid = """
    12:memory:/a
    1:name=systemd:/system.slice/db.service/own
    0::/system.slice/db.service

    """

  @Test(arguments: [
    (v2, "/system.slice/db.service", nil), (v1, nil, "/system.slice/db.service"),
    (hybrid, "/system.slice/db.service", "/system.slice/db.service/own"),
    // A colon belongs to the path; so does what looks like another hierarchy's line.
    ("0::/a:b\n", "/a:b", nil), ("3:pids:/x:name=systemd:/y\n0::/z\n", "/z", nil),
    ("1:name=systemd:/0::/y\n", nil, "/0::/y"), ("10::/x\n", nil, nil), ("1:name=systemdx:/y\n", nil, nil),
    ("0::/", "/", nil), ("", nil, nil), ("\n\n", nil, nil), ("x", nil, nil), ("0:", nil, nil),
  ])
  func thePathIsThatOfItsHierarchy(text: String, v2: String?, v1: String?) {
    #expect(CgroupVersion.v2.path(in: Array(text.utf8)) == v2.map { CgroupPath($0.utf8) })
    #expect(CgroupVersion.v1Systemd.path(in: Array(text.utf8)) == v1.map { CgroupPath($0.utf8) })
  }

  @Test func aPathNeedNotBeUTF8() {
    #expect(CgroupVersion.v2.path(in: Array("0::/".utf8) + [0xff, 0x20]) == CgroupPath([0x2f, 0xff, 0x20]))
  }
}
