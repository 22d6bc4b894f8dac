import Foundation
import GuardStatus

/// The kernel's log as the tests read it by themselves, to compare with what the daemon made of it.
struct KernelMessages {
  struct Record {
    var sequence: UInt64
    var facility: Int
    var text: String
  }
  var records: [Record] = []

  /// Everything the kernel still holds.
  init() throws {
    let number = unsafe open("/dev/kmsg", O_RDONLY | O_NONBLOCK)
    guard number >= 0 else { throw POSIXError(.EACCES) }
    defer { close(number) }
    var buffer = [UInt8](repeating: 0, count: 8192)
    while true {
      let count = unsafe read(number, &buffer, buffer.count)
      if count < 0, errno == EPIPE { continue }
      guard count > 0 else { return }
      let record = String(decoding: buffer.prefix(count), as: UTF8.self)
      guard let match = record.firstMatch(of: #/^(\d+),(\d+),\d+,[^;]*;([^\n]*)/#),
        let priority = Int(match.1), let sequence = UInt64(match.2)
      else { continue }
      records.append(Record(sequence: sequence, facility: priority / 8, text: String(match.3)))
    }
  }

  /// The lines of the last report that ends with the kill of `pid`.
  func report(of pid: Int32) -> ArraySlice<Record> {
    let own = records.filter { $0.facility == 0 }
    guard let end = own.lastIndex(where: { $0.text.contains("Killed process \(pid) ") }),
      let start = own[...end].lastIndex(where: { $0.text.contains("invoked oom-killer: ") })
    else { return [] }
    return own[start...end]
  }

  /// The kill of `pid` as its report tells it. `at` and what only a rule knows is the caller's.
  func kill(of pid: Int32, at: Timestamp, protected: Bool?, rule: String?) throws -> StatusDocument.Kill? {
    let report = report(of: pid)
    guard let last = report.last else { return nil }
    let text = report.map(\.text).joined(separator: "\n")
    guard
      let line = last.text.firstMatch(
        of: #/Killed process \d+ \((.*)\) total-vm:(\d+)kB, anon-rss:(\d+)kB, file-rss:(\d+)kB, /#),
      let rest = last.text.firstMatch(
        of: #/ shmem-rss:(\d+)kB, UID:(\d+) pgtables:(\d+)kB oom_score_adj:(-?\d+)/#),
      let limit = text.firstMatch(
        of: #/oom-kill:constraint=CONSTRAINT_MEMCG,.*oom_memcg=(.*),task_memcg=(.*),task=/#),
      let trigger = text.firstMatch(
        of: #/(.*) invoked oom-killer: gfp_mask=(0x[0-9a-f]+)\(.*\), order=(\d+),/#),
      let triggerPID = text.firstMatch(of: #/CPU: \d+ .*PID: (\d+) Comm: /#)
    else { return nil }
    let rows = report.count { $0.text.firstMatch(of: #/^\[ *\d+\] /#) != nil }
    return StatusDocument.Kill(
      id: "\(try Machine.bootID.prefix(8))-\(last.sequence)", seq: last.sequence, at: at,
      victim: .init(
        pid: pid, comm: String(line.1), uid: UInt32(rest.2), unit: nil, cgroup: String(limit.2),
        score: Int16(rest.4), totalVMKB: UInt64(line.2), anonRSSKB: UInt64(line.3),
        fileRSSKB: UInt64(line.4), shmemRSSKB: UInt64(rest.1), pgtablesKB: UInt64(rest.3)),
      trigger: .init(
        pid: Int32(triggerPID.1), comm: String(trigger.1), gfpMask: String(trigger.2), order: Int(trigger.3)),
      constraint: .memcg, limitCgroup: String(limit.1),
      limit: limit.1 == limit.2 ? .own : .parent, protected: protected, rule: rule, tasksDumped: rows,
      source: .kernelLog)
  }
}
