/// One System V shared memory segment, a line of `/proc/sysvipc/shm`. Source: sysvipc(7); ipc/shm.c:
/// sysvipc_shm_proc_show.
package struct SharedSegment: Equatable, Sendable {
  package var id: Int32
  /// By which programs find it; 0 for IPC_PRIVATE.
  package var key: Int32
  package var sizeBytes: UInt64
  package var creatorPID, lastPID: Int32
  /// How many processes have it mapped.
  package var attachments: UInt64
  package var ownerUID, creatorUID: UInt32
  /// In RAM and swapped out, in bytes; since Linux 2.6.37.
  package var residentBytes, swappedBytes: UInt64?
  /// Its pages may not be swapped out: SHM_LOCK.
  package var isLocked: Bool
  /// It goes with its last attachment: IPC_RMID was asked for.
  package var isDoomed: Bool

  /// Nobody has it mapped, and nothing but IPC_RMID will ever free it.
  package var isOrphaned: Bool { attachments == 0 }

  package init?(_ line: ArraySlice<UInt8>) {
    let fields = line.split { $0.isBlank }
    guard fields.count >= 14, let key = Int32(ascii: fields[0]), let id = Int32(ascii: fields[1]),
      let mode = UInt32(String(decoding: fields[2], as: UTF8.self), radix: 8),
      let size = UInt64(ascii: fields[3]), let creator = Int32(ascii: fields[4]),
      let last = Int32(ascii: fields[5]), let attachments = UInt64(ascii: fields[6]),
      let owner = UInt32(ascii: fields[7]), let creatorUID = UInt32(ascii: fields[9])
    else { return nil }
    (self.key, self.id, sizeBytes, creatorPID, lastPID) = (key, id, size, creator, last)
    (self.attachments, ownerUID, self.creatorUID) = (attachments, owner, creatorUID)
    residentBytes = fields.count > 14 ? UInt64(ascii: fields[14]) : nil
    swappedBytes = fields.count > 15 ? UInt64(ascii: fields[15]) : nil
    // include/linux/shm.h: SHM_DEST, SHM_LOCKED.
    (isDoomed, isLocked) = (mode & 0o1000 != 0, mode & 0o2000 != 0)
  }

  /// All of a table, without its headings.
  package static func table(_ text: [UInt8]) -> [SharedSegment] {
    text.split(separator: UInt8(ascii: "\n")).compactMap { SharedSegment($0) }
  }
}

/// Messages that wait in queues: kernel memory that a program fills and only another empties.
package enum MessageQueues {
  /// `cbytes` of `/proc/sysvipc/msg`, in bytes. Source: sysvipc(7).
  package static func systemV(_ text: [UInt8]) -> UInt64 {
    text.split(separator: UInt8(ascii: "\n")).reduce(0) { sum, line in
      let fields = line.split { $0.isBlank }
      return sum &+ (fields.count > 3 ? UInt64(ascii: fields[3]) ?? 0 : 0)
    }
  }

  /// `QSIZE:` of one file in /dev/mqueue, in bytes. Source: mq_overview(7).
  package static func posix(_ text: [UInt8]) -> UInt64? {
    guard text.starts(with: "QSIZE:") else { return nil }
    return UInt64(ascii: text.dropFirst(6).prefix { !$0.isBlank })
  }
}
