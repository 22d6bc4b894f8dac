internal import CLinux
internal import Glibc
package import GuardCore

// Glances, for telling the few that matter from the many that do not: half the calls of a look through
// ``ProcDirectory/process(_:)``. Nothing pins the process, so whoever seems to matter is to be looked at through that.
extension ProcDirectory {
  /// `nil` for a process that is gone.
  package borrowing func comm(of pid: Int32) -> [UInt8]? {
    // A worker of the kernel's may have 64 bytes; its newline is added, and may not be the only one.
    glance(at: pid, "comm", limit: 80).map { Array($0.dropLast()) }
  }

  /// `nil` for a process that is gone, or not in that hierarchy.
  package borrowing func cgroup(of pid: Int32, _ version: CgroupVersion) -> CgroupPath? {
    cgroupText(of: pid).flatMap { version.path(in: $0) }
  }

  package borrowing func isProcess(_ pid: Int32, in cgroup: CgroupPath, _ version: CgroupVersion) -> Bool {
    cgroupText(of: pid).flatMap { version.pathBytes(in: $0) }?.elementsEqual(cgroup.bytes) ?? false
  }

  private borrowing func cgroupText(of pid: Int32) -> [UInt8]? { glanceRecord(at: pid, "cgroup") }

  /// `nil` for a process that is gone.
  package borrowing func parent(of pid: Int32) -> Int32? {
    glance(at: pid, "stat", limit: 4096).flatMap { try? ProcessStat($0).parentPID }
  }

  /// `nil` for a process that is gone.
  package borrowing func glanceScore(of pid: Int32) -> OOMScoreAdj? {
    guard let file = opened(at: pid, "oom_score_adj") else { return nil }
    return file.score()
  }

  /// A file of any length, which the kernel prints as one record.
  borrowing func glanceRecord(at pid: Int32, _ name: StaticString) -> [UInt8]? {
    guard let file = opened(at: pid, name) else { return nil }
    return try? file.readRecord(limit: 1 << 20)
  }

  /// The processes that take most memory, at most ``Growth/capacity`` of them: what is theirs alone or shared memory,
  /// in RAM and in swap. First all are told apart by what they have in RAM, since whoever grows has it there.
  package borrowing func largest() throws(SystemCallError) -> [Growth.Size] {
    var largest = LargestSizes()
    let pageKB = UInt64(Machine.pageBytes / 1024)
    for pid in try pids() {
      // size, resident, shared: in pages, see proc_pid_statm(5).
      guard let text = glance(at: pid, "statm", limit: 256) else { continue }
      let words = text.split(separator: UInt8(ascii: " "), maxSplits: 3)
      guard words.count > 2, let resident = UInt64(ascii: words[1]), let shared = UInt64(ascii: words[2]),
        resident > shared
      else { continue }
      largest.offer(Growth.Size(pid: pid, kb: (resident - shared) &* pageKB))
    }
    return largest.sizes.compactMap { size in
      guard let status = glance(at: size.pid, "status", limit: 8192).map({ ProcessStatus($0) }),
        let anonymous = status.anonRSSKB
      else { return nil }
      return Growth.Size(
        pid: size.pid, kb: anonymous &+ (status.shmemRSSKB ?? 0) &+ (status.swapKB ?? 0))
    }
  }

  private borrowing func glance(at pid: Int32, _ name: StaticString, limit: Int) -> [UInt8]? {
    guard let file = opened(at: pid, name) else { return nil }
    return (try? file.read(atMost: limit)) ?? nil
  }

  private borrowing func opened(at pid: Int32, _ name: StaticString) -> OwnedDescriptor? {
    let opened = unsafe clinux_open_of_process(
      directory.number, pid, name.utf8Start, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
    return opened == -1 ? nil : OwnedDescriptor(number: opened, path: "a process's file")
  }
}
