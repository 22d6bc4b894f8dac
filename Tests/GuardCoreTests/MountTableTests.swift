import GuardCore
import Testing

struct MountTableTests {
  private static let text = #"""
    25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=24684092k
    36 25 0:32 / /mnt/a\040b\134\012c rw shared:2 master:1 - tmpfs none rw
    30 24 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
    broken line
    31 24 8:1 / /x rw - ext4
    """#

  @Test func mountsAreReadWithTheirTags() {
    func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    #expect(
      MountTable(Array(Self.text.utf8)).mounts == [
        .init(
          device: .init(major: 0, minor: 23), path: bytes("/dev/shm"), type: bytes("tmpfs"),
          options: bytes("rw,size=24684092k")),
        .init(
          device: .init(major: 0, minor: 32), path: bytes("/mnt/a b\\\nc"), type: bytes("tmpfs"),
          options: bytes("rw")),
        .init(
          device: .init(major: 8, minor: 1), path: bytes("/"), type: bytes("ext4"),
          options: bytes("rw,errors=remount-ro")),
      ])
  }

  @Test(arguments: [
    ("rw,size=65536k,mode=755", 65_536 as UInt64?), ("rw", 500), ("rw,size=0k", nil), ("rw,size=1g", 500),
  ])
  func aTmpfsGrowsToItsSizeOrHalfOfRAM(options: String, limit: UInt64?) {
    let mount = MountTable.Mount(
      device: .init(major: 0, minor: 1), path: [], type: Array("tmpfs".utf8), options: Array(options.utf8))
    #expect(mount.isTmpfs)
    #expect(mount.tmpfsLimitKB(ramKB: 1000) == limit)
  }
}
