/// What oomguard needs of `/proc/<pid>/stat`. Source: proc_pid_stat(5), fs/proc/array.c: do_task_stat.
package struct ProcessStat: Equatable, Sendable {
  package var pid: Int32
  /// At most 15 bytes of a program's choice, any but NUL; 64 for a kernel worker.
  package var comm: [UInt8]
  /// `R`, `S`, `D`, `Z`, …
  package var state: UInt8
  /// 0 for PID 1, kernel threads' parent, and a parent outside our pid namespace.
  package var parentPID: Int32
  /// `PF_…` of include/linux/sched.h.
  package var flags: UInt64
  package var threadCount: Int64
  /// In clock ticks since boot.
  package var startTicks: UInt64

  package var identity: ProcessIdentity { ProcessIdentity(pid: pid, startTicks: startTicks) }

  /// Kernel threads are never killed for memory: PF_KTHREAD.
  package var isKernelThread: Bool { flags & 0x0020_0000 != 0 }

  /// It has ended and waits to be collected: it holds no memory. One whose main thread alone has ended shows the
  /// same state, and lives on in its other threads.
  package var isDead: Bool { (state == UInt8(ascii: "Z") || state == UInt8(ascii: "X")) && threadCount <= 1 }

  /// - Throws: ``KernelTextError`` naming the first field that is absent or not a number.
  package init(_ text: [UInt8]) throws(KernelTextError) {
    var cursor = ByteCursor(text[...])
    guard let pid = cursor.number(as: Int32.self), pid > 0, cursor.skip(" (") else {
      throw .init(missing: "pid")
    }
    // Field 2, the command, may hold spaces, parentheses and newlines: count from the last ")".
    guard let close = cursor.rest.lastIndex(of: UInt8(ascii: ")")) else { throw .init(missing: "comm") }
    let comm = Array(cursor.rest[..<close])
    let fields = text[(close + 1)...].split { $0.isBlank }  // field 3, field 4, …
    guard let state = fields.first, state.count == 1, let state = state.first else {
      throw .init(missing: "state")
    }
    func field<Value: FixedWidthInteger>(_ number: Int, _ name: String) throws(KernelTextError) -> Value {
      guard fields.count > number - 3, let value = Value(ascii: fields[number - 3]) else {
        throw .init(missing: name)
      }
      return value
    }
    parentPID = try field(4, "ppid")
    flags = try field(9, "flags")
    threadCount = try field(20, "num_threads")
    startTicks = try field(22, "starttime")
    (self.pid, self.comm, self.state) = (pid, comm, state)
  }
}
