internal import CLinux
internal import Glibc
internal import GuardCore

/// Memory of one kind, taken on purpose to see where it is counted and what frees it. See ``Kind``.
///
/// Nothing gives it back but the end of the process, and for some kinds not even that: see ``Leftovers``.
package struct HeldMemory {
  package enum Kind: String, CaseIterable, Sendable {
    case privateAnonymous = "private_anonymous"
    /// A private mapping of a file that is written to.
    case privateFile = "private_file"
    /// A shared mapping of a file that is only read.
    case sharedFile = "shared_file"
    case cleanFile = "clean_file"
    case dirtyFile = "dirty_file"
    case locked
    case sharedAnonymous = "shared_anonymous"
    case memfd
    case tmpfs
    /// A tmpfs in a mount namespace of the process's own.
    case tmpfsElsewhere = "tmpfs_elsewhere"
    case posixShared = "posix_shm"
    case sysv
    /// A segment that its maker has left.
    case sysvOrphaned = "sysv_orphaned"
    /// System V's.
    case messageQueues = "message_queues"
    case posixQueue = "posix_queue"
    case hugePages = "huge_pages"
    /// Set aside by the administrator, and used by nobody.
    case hugePagesIdle = "huge_pages_idle"
    /// Names that do not exist.
    case slabReclaimable = "slab_reclaimable"
    /// What nobody reads from sockets.
    case slabUnreclaimable = "slab_unreclaimable"
    case pageTables = "page_tables"
    case kernelStacks = "kernel_stacks"
    case vmalloc
    case perCPU = "per_cpu"
    /// Pages of the device that a file system lies on.
    case buffers
  }

  private let kind: Kind
  private let bytes: Int
  /// For files; on a disk, but a tmpfs for ``Kind/tmpfs``.
  private let directory: String
  /// Kept open, or kept mapped, until the process ends.
  private var descriptors: [CInt] = []

  /// What exists only because of this; named by the process that makes it.
  private var file: String { "\(directory)/oomguard-\(kind.rawValue)-\(getpid())" }
  package static func sharedName(of pid: Int32) -> String { "/oomguard-\(pid)" }

  package init(_ kind: Kind, bytes: Int, in directory: String) {
    (self.kind, self.bytes, self.directory) = (kind, bytes, directory)
  }

  /// What has to be there before, and is not to be counted.
  package mutating func stage() throws(SystemCallError) {
    switch kind {
    case .privateFile, .sharedFile:
      let number = try open(file, O_RDWR | O_CREAT | O_EXCL)
      try fill(number)
      _ = try SystemCallError.check("fsync", file) { fsync(number) }
      if kind == .sharedFile { posix_fadvise(number, 0, 0, POSIX_FADV_DONTNEED) }
    default: break
    }
  }

  /// Takes the memory and touches every page of it.
  package mutating func take() throws(SystemCallError) {
    switch kind {
    case .privateAnonymous: unsafe try touch(map(-1, MAP_PRIVATE | MAP_ANONYMOUS))
    case .privateFile: unsafe try touch(map(descriptors[0], MAP_PRIVATE))
    case .sharedFile: unsafe try read(map(descriptors[0], MAP_SHARED))
    case .cleanFile, .dirtyFile:
      let number = try open(file, O_RDWR | O_CREAT | O_EXCL)
      try fill(number)
      if kind == .cleanFile { _ = try SystemCallError.check("fsync", file) { fsync(number) } }
    case .locked:
      let start = unsafe try map(-1, MAP_PRIVATE | MAP_ANONYMOUS)
      _ = try SystemCallError.check("mlock", "\(bytes) bytes") { unsafe mlock(start, bytes) }
    case .sharedAnonymous: unsafe try touch(map(-1, MAP_SHARED | MAP_ANONYMOUS))
    case .memfd:
      let number = try SystemCallError.check("memfd_create", "memfd") {
        unsafe clinux_memory_file("oomguard")
      }
      descriptors.append(number)
      try fill(number)
    case .tmpfs: try fill(open(file, O_RDWR | O_CREAT | O_EXCL))
    case .tmpfsElsewhere:
      _ = try SystemCallError.check("unshare", "mount namespace") { clinux_unshare_mounts() }
      try Self.mountTmpfs(at: directory, bytes: bytes)
      try fill(open(file, O_RDWR | O_CREAT | O_EXCL))
    case .posixShared:
      let name = Self.sharedName(of: getpid())
      let number = try SystemCallError.check("shm_open", name) {
        unsafe shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0o600)
      }
      descriptors.append(number)
      try fill(number)
    case .sysv: _ = unsafe try attachSegment()
    case .sysvOrphaned:
      let start = unsafe try attachSegment()
      _ = try SystemCallError.check("shmdt", "segment") { unsafe shmdt(start) }
    case .messageQueues: try sendMessages()
    case .posixQueue: try fillQueue()
    case .hugePages: unsafe try touch(map(-1, MAP_PRIVATE | MAP_ANONYMOUS | CLINUX_MAP_HUGETLB))
    case .hugePagesIdle: break
    case .slabReclaimable: askForNames()
    case .slabUnreclaimable: try fillSockets()
    case .pageTables: try spreadPageTables()
    case .kernelStacks: try startThreads()
    case .vmalloc: try makeMap(CLINUX_BPF_ARRAY, valueBytes: 1 << 20, count: bytes >> 20)
    case .perCPU:
      let each = 32_768  // the largest a per-processor allocation may be: PCPU_MIN_UNIT_SIZE
      let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_CONF)))
      try makeMap(CLINUX_BPF_PERCPU_ARRAY, valueBytes: each, count: bytes / each / processors)
    case .buffers: try readDevice()
    }
  }

  // MARK: Mappings and files

  private func map(_ number: CInt, _ flags: CInt, length: Int? = nil) throws(SystemCallError)
    -> UnsafeMutableRawPointer
  {
    let length = length ?? bytes
    guard let start = unsafe clinux_map(number, length, flags) else {
      throw SystemCallError(call: "mmap", subject: "\(length) bytes", code: errno)
    }
    return unsafe start
  }

  private func touch(_ start: UnsafeMutableRawPointer) {
    for offset in stride(from: 0, to: bytes, by: Machine.pageBytes) {
      unsafe start.storeBytes(of: 1, toByteOffset: offset, as: UInt8.self)
    }
  }

  private func read(_ start: UnsafeMutableRawPointer) {
    var sum: UInt8 = 0
    for offset in stride(from: 0, to: bytes, by: Machine.pageBytes) {
      sum &+= unsafe start.load(fromByteOffset: offset, as: UInt8.self)
    }
    // Looked at, or the reads could be left out.
    if sum == 0xff { errno = 0 }
  }

  private mutating func open(_ path: String, _ flags: CInt) throws(SystemCallError) -> CInt {
    let number = try SystemCallError.check("open", path) {
      unsafe clinux_openat(AT_FDCWD, path, flags | O_CLOEXEC, 0o600)
    }
    descriptors.append(number)
    return number
  }

  private func fill(_ number: CInt) throws(SystemCallError) {
    let piece = [UInt8](repeating: 0x5a, count: 1 << 20)
    var done = 0
    while done < bytes {
      done += try SystemCallError.check("write", "\(kind.rawValue)") {
        unsafe write(number, piece, min(piece.count, bytes - done))
      }
    }
  }

  package static func mountTmpfs(at directory: String, bytes: Int) throws(SystemCallError) {
    // A file system needs a little for itself.
    let options = "size=\(bytes + (1 << 20)),mode=700"
    _ = try SystemCallError.check("mount", directory) { unsafe clinux_mount_tmpfs(directory, options) }
  }

  package static func unmount(_ directory: String) { unsafe clinux_unmount(directory) }

  // MARK: System V

  private func attachSegment() throws(SystemCallError) -> UnsafeMutableRawPointer {
    let id = try SystemCallError.check("shmget", "\(bytes) bytes") {
      shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0o600)
    }
    guard let start = unsafe clinux_shmat(id) else {
      let code = errno
      shmctl(id, IPC_RMID, nil)
      throw SystemCallError(call: "shmat", subject: "segment \(id)", code: code)
    }
    unsafe touch(start)
    return unsafe start
  }

  /// Many queues, each as full as any user may have it: kernel.msgmnb.
  private func sendMessages() throws(SystemCallError) {
    let (message, each) = (8192, 2)
    for _ in 0..<(bytes / message / each) {
      let id = try SystemCallError.check("msgget", "queue") { msgget(IPC_PRIVATE, IPC_CREAT | 0o600) }
      for _ in 0..<each {
        _ = try SystemCallError.check("msgsnd", "queue \(id)") { clinux_send_message(id, message) }
      }
    }
  }

  /// One queue of large messages; more than any user may have takes CAP_SYS_RESOURCE. See mq_overview(7).
  private mutating func fillQueue() throws(SystemCallError) {
    let message = [CChar](repeating: 1, count: 1 << 20)
    let name = Self.sharedName(of: getpid())
    let queue = try SystemCallError.check("mq_open", name) {
      unsafe clinux_make_queue(name, bytes / message.count, message.count)
    }
    descriptors.append(queue)
    for _ in 0..<(bytes / message.count) {
      _ = try SystemCallError.check("mq_send", name) { unsafe mq_send(queue, message, message.count, 0) }
    }
  }

  // MARK: The kernel's own

  /// Each name that was asked for and is not there is remembered: some 448 bytes with a name of this length.
  private func askForNames() {
    let tail = String(repeating: "x", count: 180)
    for number in 0..<(bytes / 448) { unsafe access("\(directory)/\(getpid())-\(number)-\(tail)", F_OK) }
  }

  private mutating func fillSockets() throws(SystemCallError) {
    let message = [UInt8](repeating: 1, count: 1024)
    _ = OwnProcess.raisedDescriptorLimit()
    var held = 0
    while held < bytes {
      var pair: [CInt] = [-1, -1]
      _ = try SystemCallError.check("socketpair", "sockets") { unsafe clinux_socket_pair(&pair) }
      descriptors += pair
      // What is written lies in slabs of 2 KiB, with a head of 256 bytes.
      while unsafe write(pair[0], message, message.count) == message.count { held += 2304 }
    }
  }

  /// A table of one page spans as many pages as it has entries; that of zeros is shared by all.
  private func spreadPageTables() throws(SystemCallError) {
    let page = Machine.pageBytes
    let span = page * (page / 8)
    let length = bytes / page * span
    let start = unsafe try map(-1, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, length: length)
    unsafe clinux_no_huge_pages(start, length)
    var sum: UInt8 = 0
    for offset in stride(from: 0, to: length, by: span) {
      sum &+= unsafe start.load(fromByteOffset: offset, as: UInt8.self)
    }
    if sum != 0 { errno = 0 }
  }

  private func startThreads() throws(SystemCallError) {
    for _ in 0..<(bytes / 16_384) {
      let code = clinux_start_idle_thread()
      guard code == 0 else { throw SystemCallError(call: "pthread_create", subject: "thread", code: code) }
    }
  }

  private mutating func makeMap(_ type: UInt32, valueBytes: Int, count: Int) throws(SystemCallError) {
    let number = try SystemCallError.check("bpf", "map") {
      clinux_bpf_map(type, UInt32(clamping: valueBytes), UInt32(clamping: max(1, count)))
    }
    descriptors.append(number)
  }

  private mutating func readDevice() throws(SystemCallError) {
    var about = stat()
    _ = try SystemCallError.check("stat", directory) { unsafe stat(directory, &about) }
    let device = "\(clinux_device_major(about.st_dev)):\(clinux_device_minor(about.st_dev))"
    // DEVNAME=sda1: Documentation/ABI/testing/sysfs-uevent
    let text = try RootDirectory().read("/sys/dev/block/\(device)/uevent")
    guard
      let line = text.split(separator: UInt8(ascii: "\n")).first(where: {
        $0.starts(with: Array("DEVNAME=".utf8))
      })
    else { throw SystemCallError(call: "stat", subject: directory, code: ENOTBLK) }
    let number = try open("/dev/\(String(decoding: line.dropFirst(8), as: UTF8.self))", O_RDONLY)
    // From its end, where a file system is least likely to have read already.
    let end = try SystemCallError.check("lseek", "device") { lseek(number, 0, SEEK_END) }
    _ = try SystemCallError.check("lseek", "device") { lseek(number, max(0, end - bytes), SEEK_SET) }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var done = 0
    while done < bytes {
      let count = try SystemCallError.check("read", "device") {
        unsafe Glibc.read(number, &buffer, buffer.count)
      }
      guard count > 0 else { break }
      done += count
    }
  }
}

/// What a process that held memory leaves behind, which somebody has to remove.
package enum Leftovers {
  /// Files, segments and queues of a process that has ended.
  package static func remove(of pid: Int32, _ kind: HeldMemory.Kind, in directory: String) {
    let root = RootDirectory()
    unsafe unlink("\(directory)/oomguard-\(kind.rawValue)-\(pid)")
    switch kind {
    case .posixShared: unsafe shm_unlink(HeldMemory.sharedName(of: pid))
    case .posixQueue: unsafe mq_unlink(HeldMemory.sharedName(of: pid))
    case .sysv, .sysvOrphaned:
      for segment in root.sharedSegments ?? [] where segment.creatorPID == pid {
        shmctl(segment.id, IPC_RMID, nil)
      }
    case .messageQueues:
      // key msqid perms cbytes qnum lspid …: sysvipc(7)
      let text = (try? root.read("/proc/sysvipc/msg", limit: 1 << 24)) ?? []
      for line in text.split(separator: UInt8(ascii: "\n")).dropFirst() {
        let fields = line.split { $0 == UInt8(ascii: " ") }
        guard fields.count > 5, let id = Int32(ascii: fields[1]), Int32(ascii: fields[5]) == pid else {
          continue
        }
        msgctl(id, IPC_RMID, nil)
      }
    default: break
    }
  }
}
