package import GuardCore

/// The user names of `/etc/passwd`, read when a rule first asks for one.
package final class UserNames {
  private let root: RootDirectory
  private var file: PasswdFile?
  /// Why it could not be read.
  private(set) var failure: SystemCallError?

  package init(in root: RootDirectory) { self.root = root }

  package func uid(named name: String) -> UInt32? {
    if file == nil {
      do throws(SystemCallError) {
        file = PasswdFile(try root.read("/etc/passwd"))
      } catch {
        (file, failure) = (PasswdFile([]), error)
      }
    }
    return file?.uid(of: name.utf8)
  }
}

/// What rules ask of a live process: each file is read when first asked for, through a directory that pins it.
package struct LiveFacts: ~Copyable, ProcessFacts {
  package let directory: ProcessDirectory
  package let cgroup: CgroupPath?
  private let root: RootDirectory
  private let users: UserNames
  private var known = Known()
  /// Why something that a rule asked for could not be read though its process is there: then what rule means it is
  /// not known. `nil` of a process that is gone.
  package private(set) var failure: SystemCallError?

  private struct Known {
    var comm: [UInt8]??
    var effectiveUID: UInt32??
    var exe: [UInt8]??
    var cmdline: [UInt8]??
  }

  /// - Parameter cgroup: `nil` for a process known to be in none that a rule names.
  package init(
    _ directory: consuming ProcessDirectory, cgroup: CgroupPath?, root: RootDirectory, users: UserNames
  ) {
    self.directory = directory
    (self.cgroup, self.root, self.users) = (cgroup, root, users)
  }

  package var comm: [UInt8]? {
    mutating get {
      if let comm = known.comm { return comm }
      // The kernel adds a newline; a comm may hold newlines of its own.
      let comm = read("comm").map { Array($0.dropLast()) }
      known.comm = .some(comm)
      return comm
    }
  }

  package var effectiveUID: UInt32? {
    mutating get {
      if let uid = known.effectiveUID { return uid }
      let uid = read("status").flatMap { ProcessStatus($0).effectiveUID }
      known.effectiveUID = .some(uid)
      return uid
    }
  }

  package var exe: [UInt8]? {
    mutating get {
      if let exe = known.exe { return exe }
      var exe: [UInt8]?
      do throws(SystemCallError) { exe = try directory.executable(on: root) } catch { note(error) }
      known.exe = .some(exe)
      return exe
    }
  }

  package var cmdline: [UInt8]? {
    mutating get {
      if let cmdline = known.cmdline { return cmdline }
      // Arguments end in NUL bytes; rules see them joined by spaces.
      var arguments: [UInt8]?
      do throws(SystemCallError) { arguments = try directory.arguments() } catch { note(error) }
      let cmdline = arguments.map { text in
        (text.last == 0 ? text.dropLast() : text[...]).map { $0 == 0 ? UInt8(ascii: " ") : $0 }
      }
      known.cmdline = .some(cmdline)
      return cmdline
    }
  }

  package mutating func uid(named name: String) -> UInt32? {
    let uid = users.uid(named: name)
    if let failure = users.failure { note(failure) }
    return uid
  }

  private mutating func read(_ name: String) -> [UInt8]? {
    do throws(SystemCallError) {
      return try directory.read(name)
    } catch {
      note(error)
      return nil
    }
  }

  private mutating func note(_ error: SystemCallError) {
    if !error.meansGone { failure = error }
  }
}
