import GuardCore
import Testing

struct SharedSegmentTests {
  @Test func aSegmentIsOrphanedWhenNobodyHasIt() throws {
    let line =
      "-559038737     98305 3600              67108864  4242  4243      0  1000  1000   998  1000          "
      + "0          0 1700000000              66060288               1048576"
    let segment = try #require(SharedSegment(Array(line.utf8)[...]))
    #expect((segment.key, segment.id, segment.sizeBytes) == (-559_038_737, 98_305, 64 << 20))
    #expect((segment.creatorPID, segment.lastPID, segment.attachments) == (4242, 4243, 0))
    #expect((segment.ownerUID, segment.creatorUID) == (1000, 998))
    #expect((segment.residentBytes, segment.swappedBytes) == (63 << 20, 1 << 20))
    #expect(segment.isLocked && segment.isDoomed && segment.isOrphaned)
  }

  @Test func before2637NothingIsKnownOfWhereItLies() throws {
    let line = "0 1 600 4096 1 1 2 0 0 0 0 0 0 0"
    let segment = try #require(SharedSegment(Array(line.utf8)[...]))
    #expect(segment.residentBytes == nil && segment.swappedBytes == nil)
    #expect(!segment.isLocked && !segment.isDoomed && !segment.isOrphaned)
  }

  @Test(arguments: [
    "", "key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap", "1 2 3",
  ])
  func whatIsNoSegmentIsNone(text: String) { #expect(SharedSegment.table(Array(text.utf8)) == []) }

  @Test func messagesAreAddedUp() {
    let text = """
             key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime
               1          0   600        8192          1     1     0     0     0     0     0          0          0          0
               2          1   600         100          1     1     0     0     0     0     0          0          0          0
      """
    #expect(MessageQueues.systemV(Array(text.utf8)) == 8292)
    #expect(MessageQueues.posix(Array("QSIZE:129     NOTIFY:2    SIGNO:0    NOTIFY_PID:8260\n".utf8)) == 129)
    #expect(MessageQueues.posix(Array("QSIZE:x".utf8)) == nil)
    #expect(MessageQueues.posix([]) == nil)
  }
}
