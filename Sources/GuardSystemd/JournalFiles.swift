internal import GuardCore
internal import GuardLinux

/// The files in which journald keeps what system services say. See systemd-journald.service(8), FILES.
struct JournalFiles {
  private static let directories = ["/run/log/journal", "/var/log/journal"]

  /// - Returns: `nil` if there is a file that may be read.
  static func problem(in root: RootDirectory) -> JournalProblem? {
    var isDenied = false
    let machine = machineID(in: root)
    for directory in directories {
      do throws(SystemCallError) {
        for name in try root.names(in: directory).map(\.printable) where machine.map({ $0 == name }) ?? true {
          for file in try root.names(in: "\(directory)/\(name)").map(\.printable) where isSystems(file) {
            if root.mayRead("\(directory)/\(name)/\(file)") { return nil }
            isDenied = true
          }
        }
      } catch {
        isDenied = isDenied || error.isNotPermitted
      }
    }
    return isDenied ? .notPermitted : .absent
  }

  /// `system.journal`, and those it was rotated to; not the users' own, `user-1000.journal`.
  private static func isSystems(_ name: String) -> Bool {
    name == "system.journal" || (name.hasPrefix("system@") && name.hasSuffix(".journal"))
  }

  /// The journals of other machines that this one collects are not its own; a directory given by --root may hold
  /// those of any.
  private static func machineID(in root: RootDirectory) -> String? {
    guard root.isMachine, let text = try? root.read("/etc/machine-id", limit: 64) else { return nil }
    return Array(text[...].trimmed).printable
  }
}
