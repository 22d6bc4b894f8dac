package import GuardCore

/// The user names of `/etc/passwd`, read when a rule first asks for one.
package final class UserNames {
  private let root: RootDirectory
  private var file: PasswdFile?

  package init(in root: RootDirectory) { self.root = root }

  package func uid(named name: String) -> UInt32? {
    if file == nil { file = PasswdFile((try? root.read("/etc/passwd")) ?? []) }
    return file?.uid(of: name.utf8)
  }
}

/// What rules ask of a live process: each file is read when first asked for, through a directory that pins it.
package struct LiveFacts: ~Copyable, ProcessFacts {
  package let directory: ProcessDirectory
  private let root: RootDirectory
  private let users: UserNames
  private var known: Known

  private struct Known {
    var cgroup: CgroupPath??
    var comm: [UInt8]??
    var effectiveUID: UInt32??
    var exe: [UInt8]??
    var cmdline: [UInt8]??
  }

  /// - Parameter cgroup: `.some(nil)` for a process known to be in none that a rule names.
  package init(
    _ directory: consuming ProcessDirectory, cgroup: CgroupPath??, root: RootDirectory, users: UserNames
  ) {
    self.directory = directory
    (self.root, self.users) = (root, users)
    known = Known(cgroup: cgroup)
  }

  package var cgroup: CgroupPath? { known.cgroup ?? nil }

  package var comm: [UInt8]? {
    mutating get {
      if let comm = known.comm { return comm }
      // The kernel adds a newline; a comm may hold newlines of its own.
      let comm = (try? directory.read("comm")).map { Array($0.dropLast()) }
      known.comm = .some(comm)
      return comm
    }
  }

  package var effectiveUID: UInt32? {
    mutating get {
      if let uid = known.effectiveUID { return uid }
      let uid = (try? directory.read("status")).flatMap { ProcessStatus($0).effectiveUID }
      known.effectiveUID = .some(uid)
      return uid
    }
  }

  package var exe: [UInt8]? {
    mutating get {
      if let exe = known.exe { return exe }
      let exe = (try? directory.executable(on: root)) ?? nil
      known.exe = .some(exe)
      return exe
    }
  }

  package var cmdline: [UInt8]? {
    mutating get {
      if let cmdline = known.cmdline { return cmdline }
      // Arguments end in NUL bytes; rules see them joined by spaces.
      let cmdline = (try? directory.arguments()).map { text in
        (text.last == 0 ? text.dropLast() : text[...]).map { $0 == 0 ? UInt8(ascii: " ") : $0 }
      }
      known.cmdline = .some(cmdline)
      return cmdline
    }
  }

  package mutating func uid(named name: String) -> UInt32? { users.uid(named: name) }
}
