internal import CLinux
internal import Glibc
package import GuardCore

/// An open `/proc`, or a directory shaped like one.
package struct ProcDirectory: ~Copyable {
  let directory: OwnedDescriptor

  package init(in root: RootDirectory) throws(SystemCallError) {
    directory = try root.open("/proc", CLINUX_O_PATH | O_DIRECTORY)
  }

  /// The pids in it now, in no order.
  package borrowing func pids() throws(SystemCallError) -> [Int32] {
    var pids: [Int32] = []
    // Opened afresh: a directory's read position belongs to the open file.
    let stream = try DirectoryStream(directory.opening(".", O_RDONLY | O_DIRECTORY))
    try unsafe stream.visit { name, _ in
      if let pid = unsafe Int32(ascii: name), pid > 0 { pids.append(pid) }
    }
    return pids
  }

  /// Opens one process's directory, which pins it: once that process is gone, reading through it
  /// fails with ESRCH, even when its pid has passed to another.
  package borrowing func process(_ pid: Int32) throws(SystemCallError) -> ProcessDirectory {
    ProcessDirectory(try directory.opening("\(pid)", CLINUX_O_PATH | O_DIRECTORY))
  }

  /// One of its files that are not about a process, such as `meminfo` or `pressure/memory`.
  package borrowing func read(_ name: String) throws(SystemCallError) -> [UInt8] {
    try directory.opening(name, O_RDONLY | O_NONBLOCK).readAll(limit: 1 << 20)
  }
}

/// An open `/proc/<pid>`.
package struct ProcessDirectory: ~Copyable {
  let directory: OwnedDescriptor

  init(_ directory: consuming OwnedDescriptor) { self.directory = directory }

  /// One of its files.
  package borrowing func read(_ name: String) throws(SystemCallError) -> [UInt8] {
    try directory.opening(name, O_RDONLY | O_NONBLOCK).readRecord(limit: 1 << 20)
  }

  /// One of its files that may be long, piece by piece.
  borrowing func readPieces(_ name: String, _ body: ([UInt8]) -> Void) throws(SystemCallError) {
    let file = try directory.opening(name, O_RDONLY | O_NONBLOCK)
    while let piece = try file.read(atMost: 65_536), !piece.isEmpty { body(piece) }
  }

  /// The processes it has forked, by any of its threads; none where the kernel does not list them
  /// (CONFIG_PROC_CHILDREN, since Linux 3.5 and 4.2 in turn). See proc_pid_task(5).
  package borrowing func children() throws(SystemCallError) -> [Int32] {
    var pids: [Int32] = []
    for thread in try DirectoryStream(directory.opening("task", O_RDONLY | O_DIRECTORY)).names() {
      guard let text = try? read("task/\(String(decoding: thread, as: UTF8.self))/children") else { continue }
      pids += text.split(separator: UInt8(ascii: " ")).compactMap { Int32(ascii: $0) }
    }
    return pids
  }

  package borrowing func score() throws(ProcessError) -> OOMScoreAdj {
    let text = try ProcessError.wrapping { () throws(SystemCallError) in try read("oom_score_adj") }
    guard let score = Self.score(text) else {
      throw .text(KernelTextError(missing: "oom_score_adj"))
    }
    return score
  }

  package borrowing func stat() throws(ProcessError) -> ProcessStat {
    let text = try ProcessError.wrapping { () throws(SystemCallError) in try read("stat") }
    do throws(KernelTextError) {
      return try ProcessStat(text)
    } catch {
      throw .text(error)
    }
  }

  /// Writes the score, if this is still the process that is meant. See proc_pid_oom_score_adj(5).
  ///
  /// A score is raised with CAP_SYS_RESOURCE dropped from the effective set: with it, the write would
  /// also move the floor below which the process may never go by itself again (fs/proc/base.c,
  /// `__set_oom_adj`: oom_score_adj_min).
  ///
  /// - Parameter old: what it has to carry until now: something else is news, and may be a base; `nil` for anything.
  package borrowing func write(
    _ score: OOMScoreAdj, to process: ProcessIdentity, insteadOf old: OOMScoreAdj? = nil
  ) throws(ProcessError) {
    let stat = try stat()
    guard stat.identity == process else { throw .left }
    let present = if let old { old } else { try self.score() }
    let isWritten = try ProcessError.wrapping { () throws(SystemCallError) -> Bool in
      let file = try directory.opening("oom_score_adj", O_RDWR)
      let text = Array("\(score)\n".utf8)
      guard present < score else { return try Self.write(text, to: file, insteadOf: old) }
      return try Capabilities.withoutSysResource { () throws(SystemCallError) -> Bool in
        try Self.write(text, to: file, insteadOf: old)
      }
    }
    if !isWritten { throw .changed }
  }

  /// No write of the kernel's compares: as little as can be is done between the two.
  ///
  /// - Returns: whether it was written.
  private static func write(
    _ text: [UInt8], to file: borrowing OwnedDescriptor, insteadOf old: OOMScoreAdj?
  ) throws(SystemCallError) -> Bool {
    if let old {
      guard let present = score(try file.read(atMost: 16, at: 0)) else {
        throw SystemCallError(call: "read", subject: file.path, code: EIO)
      }
      if present != old { return false }
    }
    try file.write(text)
    // In a root that is no machine's it is a file as any other, which may have held a longer text.
    _ = ftruncate(file.number, off_t(text.count))
    return true
  }

  private static func score(_ text: [UInt8]) -> OOMScoreAdj? {
    Int(ascii: text.prefix { $0 != UInt8(ascii: "\n") }).flatMap { OOMScoreAdj($0) }
  }

  /// The executable's path, only if that path is the same file on the host: a process in a mount
  /// namespace of its own can show any path it likes.
  ///
  /// A file that was replaced under a running process reads `PATH (deleted)`; there is nothing left to
  /// compare with, so it counts only if root owns it, which a user's own file never is, and if the process
  /// is in our user namespace: in one of his own any user can mount a root's file where he likes, and
  /// remove it there. A service with PrivateUsers= is known again once it was restarted.
  package borrowing func executable(on root: RootDirectory) throws(SystemCallError) -> [UInt8]? {
    // A main thread that has ended has no memory, and so no executable, while the others go on.
    var link = "exe"
    let path: [UInt8]
    do throws(SystemCallError) {
      path = try linkTarget(link)
    } catch {
      guard error.meansGone else { throw error }
      link = "\(try survivor())/exe"
      path = try linkTarget(link)
    }
    let deleted = Array(" (deleted)".utf8)
    if path.suffix(deleted.count).elementsEqual(deleted) {
      let original = Array(path.dropLast(deleted.count))
      guard try followedStatus(link).ownerUID == 0 else { return nil }
      return !root.isMachine || isInOurUserNamespace(root) ? original : nil
    }
    guard root.isMachine else { return path }
    guard let text = String(validating: path, as: UTF8.self) else { return nil }
    let host: FileStatus
    do throws(SystemCallError) {
      host = try root.hostStatus(of: text)
    } catch {
      guard error.code == ENOENT || error.code == ENOTDIR else { throw error }
      return nil
    }
    let own = try followedStatus(link)
    return (own.device, own.inode) == (host.device, host.inode) ? path : nil
  }

  /// The last part of the path of its executable, as /proc shows it: what the process itself may have arranged.
  ///
  /// - Throws: also for a kernel thread, which has none.
  package borrowing func programName() throws(SystemCallError) -> [UInt8] {
    let path = try linkTarget("exe")
    return Array(path.suffix(from: path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? path.startIndex))
  }

  /// The arguments, each ended by a NUL byte.
  package borrowing func arguments() throws(SystemCallError) -> [UInt8] {
    let own = try read("cmdline")
    return own.isEmpty ? (try? read("\(survivor())/cmdline")) ?? own : own
  }

  /// The directory of a thread other than the main one, as `task/815`.
  ///
  /// - Throws: ENOENT where there is none.
  private borrowing func survivor() throws(SystemCallError) -> String {
    let threads = try DirectoryStream(directory.opening("task", O_RDONLY | O_DIRECTORY)).names()
    // The main one comes first: fs/proc/base.c, proc_task_readdir.
    guard threads.count > 1, let last = threads.last else {
      throw SystemCallError(call: "open", subject: "\(directory.path)/task", code: ENOENT)
    }
    return "task/\(String(decoding: last, as: UTF8.self))"
  }

  /// True as well where the kernel was built without user namespaces: then there is none to compare.
  private borrowing func isInOurUserNamespace(_ root: RootDirectory) -> Bool {
    (try? followedStatus("ns/user")) == (try? root.status(of: "/proc/self/ns/user"))
  }

  /// stat(2) through the magic link of that name.
  private borrowing func followedStatus(_ name: String) throws(SystemCallError) -> FileStatus {
    var about = Glibc.stat()
    _ = try SystemCallError.check("fstatat", "\(directory.path)/\(name)") {
      unsafe fstatat(directory.number, name, &about, 0)
    }
    return FileStatus(about)
  }

  private borrowing func linkTarget(_ name: String) throws(SystemCallError) -> [UInt8] {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = try SystemCallError.check("readlinkat", "\(directory.path)/\(name)") {
      unsafe readlinkat(directory.number, name, &buffer, buffer.count)
    }
    return buffer.prefix(length).map { UInt8(bitPattern: $0) }
  }
}

/// Why something about one process could not be read or written.
package enum ProcessError: Error, Equatable, CustomStringConvertible {
  /// It ended, or its pid is another's by now: news, not a failure.
  case left
  /// Its score is not the one that was to be replaced.
  case changed
  case system(SystemCallError)
  case text(KernelTextError)

  package var description: String {
    switch self {
    case .left: "it is gone"
    case .changed: "its score has changed"
    case .system(let error): error.description
    case .text(let error): error.description
    }
  }

  /// Why a score could not be written, and which right that takes (fs/proc/base.c, `__set_oom_adj`).
  package var whyScoreIsKept: String {
    guard case .system(let error) = self, error.isNotPermitted else { return description }
    // The kernel asks for a right at the file's opening, as for any file, and for another one at the write.
    switch error.call {
    case "write": return "\(error); lowering it takes CAP_SYS_RESOURCE outside of any user namespace"
    case "openat": return "\(error); writing to another user's process takes CAP_DAC_OVERRIDE"
    default: return description
    }
  }

  /// Runs `body`; that its process is gone is told apart from what the system refused.
  package static func wrapping<T: ~Copyable>(_ body: () throws(SystemCallError) -> T) throws(Self) -> T {
    do throws(SystemCallError) {
      return try body()
    } catch {
      throw error.meansGone ? .left : .system(error)
    }
  }
}
