internal import Glibc
internal import GuardCore

/// The configuration's files: which there are, in the order in which they count, and their bytes.
package enum ConfigFiles {
  package static let standardPath = "/etc/oomguard.conf"
  /// More is no configuration: refused with EFBIG.
  package static let sizeLimit = 1 << 20

  /// The machine's own: `/etc/oomguard.conf`, then drop-ins from /usr/lib, /run and /etc by name; a name
  /// in /etc hides the same name in /run, and that the one in /usr/lib, as in systemd.
  ///
  /// - Parameter changes: drop-ins as they would be, by their path; `nil` for one that would be gone.
  /// - Throws: the first file or directory that is there but cannot be read, or the main file's absence.
  package static func standard(
    in root: RootDirectory, changes: [String: [UInt8]?] = [:]
  ) throws(SystemCallError) -> [(name: String, bytes: [UInt8])] {
    let directories = ["/etc", "/run", "/usr/lib"].map { "\($0)/oomguard.conf.d" }
    return try files(main: standardPath, dropInDirectories: directories, in: root, changes)
  }

  /// `--config F`: F and `F.d` only, both as the caller names them.
  package static func named(
    _ path: String, changes: [String: [UInt8]?] = [:]
  ) throws(SystemCallError) -> [(name: String, bytes: [UInt8])] {
    try files(main: path, dropInDirectories: ["\(path).d"], in: RootDirectory(), changes)
  }

  /// Earlier directories hide later ones.
  private static func files(
    main: String, dropInDirectories: [String], in root: RootDirectory, _ changes: [String: [UInt8]?]
  ) throws(SystemCallError) -> [(name: String, bytes: [UInt8])] {
    var result = [(root.path(main), try root.readWhole(main, limit: sizeLimit))]
    // By their bytes: two names that Unicode holds for one are two files.
    var chosen: [[UInt8]: String] = [:]
    for directory in dropInDirectories {
      var names = Set(try dropInNames(in: directory, root))
      for (path, bytes) in changes where path.hasPrefix("\(directory)/") {
        let name = Array(path.utf8.dropFirst(directory.utf8.count + 1))
        if bytes == nil { names.remove(name) } else { names.insert(name) }
      }
      for name in names where chosen[name] == nil {
        guard let text = String(validating: name, as: UTF8.self) else {
          let subject = root.path("\(directory)/\(name.printable)")
          throw SystemCallError(call: "open", subject: subject, code: EILSEQ)
        }
        chosen[name] = "\(directory)/\(text)"
      }
    }
    for (_, path) in chosen.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      if let changed = changes[path], let changed {
        result.append((root.path(path), changed))
        continue
      }
      do throws(SystemCallError) {
        result.append((root.path(path), try root.readWhole(path, limit: sizeLimit)))
      } catch {
        // A link to /dev/null hides the same name elsewhere, as in systemd.
        guard error.isNotARegularFile, try root.status(of: path).kind == .null else { throw error }
      }
    }
    return result
  }

  private static func dropInNames(in directory: String, _ root: RootDirectory) throws(SystemCallError)
    -> [[UInt8]]
  {
    do throws(SystemCallError) {
      return try root.names(in: directory)
        .filter { $0.suffix(5).elementsEqual(".conf".utf8) && $0.first != UInt8(ascii: ".") }
    } catch {
      guard error.meansGone else { throw error }
      return []
    }
  }
}
