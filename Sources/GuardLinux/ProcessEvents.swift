internal import CLinux
internal import Glibc

/// The kernel's process connector: tells of processes as they are born, change their program, name or user.
///
/// A socket filter in the kernel passes only what is wanted, so that the forks and exits of strangers never
/// wake the daemon. Source: include/uapi/linux/cn_proc.h, drivers/connector/cn_proc.c.
package struct ProcessEvents: ~Copyable {
  package enum Event: Equatable, Sendable {
    case exec(pid: Int32)
    case fork(parent: Int32, child: Int32)
    case comm(pid: Int32)
    case uid(pid: Int32)
    /// Events were dropped since nobody read them in time.
    case overrun
  }

  /// What the filter passes.
  package struct Interest: Equatable, Sendable {
    package var execs = false
    /// New names, for rules by comm.
    package var comms = false
    /// New users, for rules by user.
    package var uids = false
    /// Processes whose new children and new programs are told of; of more than ``forkParentLimit`` those of all are.
    package var forkParents: Set<Int32> = []

    package init() {}

    package var isEmpty: Bool { !execs && !comms && !uids && forkParents.isEmpty }
  }

  /// As many as fit: a filter may have 4096 steps (BPF_MAXINSNS), and each parent takes a little more than one.
  package static let forkParentLimit = 4000
  /// A jump reaches over 255 steps.
  private static let parentsPerJump = 250

  package let descriptor: OwnedDescriptor

  /// - Throws: when the kernel has no connector, or does not answer, as outside its first pid namespace.
  package init(_ interest: Interest) throws(SystemCallError) {
    let number = try SystemCallError.check("socket", "process connector") { clinux_process_connector() }
    let opened = OwnedDescriptor(number: number, path: "process connector")
    // A storm of execs must fit in until the loop comes round; beyond rmem_max, with CAP_NET_ADMIN.
    var size: CInt = 4 << 20
    unsafe setsockopt(number, SOL_SOCKET, SO_RCVBUFFORCE, &size, socklen_t(MemoryLayout<CInt>.size))
    // Only the acknowledgement at first: newer kernels (6.12) let whoever may not ask, as in a user namespace, hear
    // what others have asked for, as long as those are there.
    try Self.attach(Self.program(Interest()), to: number)
    _ = try SystemCallError.check("send", opened.path) { clinux_process_connector_listen(number, 1) }
    // The kernel acknowledges with an event of its own; without it, nothing would ever come.
    var poll = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    let answered = try SystemCallError.check("poll", opened.path) { unsafe Glibc.poll(&poll, 1, 500) }
    guard answered > 0 else { throw SystemCallError(call: "recv", subject: opened.path, code: ETIMEDOUT) }
    try Self.attach(Self.program(interest), to: number)
    descriptor = opened
  }

  /// The kernel counts who listens, does not see them leave, and tells of each fork and exit as long as one is left.
  deinit { _ = clinux_process_connector_listen(descriptor.number, 0) }

  /// Replaces what is passed from now on.
  package borrowing func change(to interest: Interest) throws(SystemCallError) {
    try Self.attach(Self.program(interest), to: descriptor.number)
  }

  /// What came since the last call, at most one datagram's worth; `nil` when all has been read.
  package borrowing func next() throws(SystemCallError) -> Event? {
    while true {
      do throws(SystemCallError) {
        guard let datagram = try descriptor.read(atMost: 1024) else { return nil }
        if let event = Self.event(datagram) { return event }
      } catch {
        guard error.code == ENOBUFS else { throw error }
        return .overrun
      }
    }
  }

  // MARK: the messages

  // nlmsghdr (16 bytes), cn_msg (20), proc_event: what (4), cpu (4), time (8), then what happened.
  private static let whatOffset = 36
  private static let dataOffset = 52
  private static let fork = UInt32(PROC_EVENT_FORK.rawValue)
  private static let exec = UInt32(PROC_EVENT_EXEC.rawValue)
  private static let uid = UInt32(PROC_EVENT_UID.rawValue)
  private static let comm = UInt32(PROC_EVENT_COMM.rawValue)

  static func event(_ datagram: [UInt8]) -> Event? {
    func word(_ offset: Int) -> UInt32? {
      guard datagram.count >= offset + 4 else { return nil }
      return unsafe datagram.withUnsafeBytes {
        unsafe $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
      }
    }
    func pid(_ index: Int) -> Int32? { word(dataOffset + 4 * index).map { Int32(bitPattern: $0) } }
    // Pairs of thread id and process id; rules are about processes.
    guard let what = word(whatOffset), let first = pid(1) else { return nil }
    switch what {
    case exec: return .exec(pid: first)
    case comm: return .comm(pid: first)
    case uid: return .uid(pid: first)
    case fork: return pid(3).map { .fork(parent: first, child: $0) }
    default: return nil
    }
  }

  /// The filter: a word is loaded in network order, so what it is compared with is swapped.
  static func program(_ interest: Interest) -> [sock_filter] {
    func load(_ offset: Int) -> sock_filter { clinux_filter(CLINUX_BPF_LOAD_WORD, 0, 0, UInt32(offset)) }
    func skipUnless(_ value: UInt32, _ steps: UInt8 = 1) -> sock_filter {
      clinux_filter(CLINUX_BPF_JUMP_EQUAL, 0, steps, value.bigEndian)
    }
    let pass = clinux_filter(CLINUX_BPF_RETURN, 0, 0, UInt32.max)
    let drop = clinux_filter(CLINUX_BPF_RETURN, 0, 0, 0)
    var steps = [load(whatOffset), skipUnless(UInt32(PROC_EVENT_NONE.rawValue)), pass]
    if interest.execs { steps += [skipUnless(exec), pass] }
    if interest.comms { steps += [skipUnless(comm), pass] }
    if interest.uids { steps += [skipUnless(uid), pass] }
    if !interest.forkParents.isEmpty {
      // A program that one of them begins anew: the process's id is where a fork has the parent's.
      steps += [clinux_filter(CLINUX_BPF_JUMP_EQUAL, 7, 0, exec.bigEndian)]
      steps += [clinux_filter(CLINUX_BPF_JUMP_EQUAL, 1, 0, fork.bigEndian), drop]
      // A new thread is told of as a fork too: there the child's two ids differ.
      steps += [load(dataOffset + 12), clinux_filter(CLINUX_BPF_COPY_TO_X, 0, 0, 0), load(dataOffset + 8)]
      steps += [clinux_filter(CLINUX_BPF_JUMP_EQUAL_X, 1, 0, 0), drop, load(dataOffset + 4)]
      if interest.forkParents.count > forkParentLimit { return steps + [pass] }
      var parents = interest.forkParents.sorted()[...]
      while !parents.isEmpty {
        let some = parents.prefix(parentsPerJump)
        parents = parents.dropFirst(some.count)
        for (index, parent) in some.enumerated() {
          // To what passes it, behind the last of these; that one steps over it.
          let rest = UInt8(some.count - 1 - index)
          let value = UInt32(bitPattern: parent).bigEndian
          steps.append(clinux_filter(CLINUX_BPF_JUMP_EQUAL, rest, rest == 0 ? 1 : 0, value))
        }
        steps.append(pass)
      }
    }
    return steps + [drop]
  }

  private static func attach(_ program: [sock_filter], to number: CInt) throws(SystemCallError) {
    _ = try SystemCallError.check("setsockopt", "process connector") {
      unsafe clinux_attach_filter(number, program, UInt16(clamping: program.count))
    }
  }
}
