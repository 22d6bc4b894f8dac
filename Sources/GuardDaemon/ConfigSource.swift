internal import GuardConfig
internal import GuardCore
internal import GuardLinux

/// Where the configuration comes from; read at the start and at each reload.
struct ConfigSource: Sendable {
  let path: String?
  let root: RootDirectory

  /// - Throws: every mistake, one a line, each `file:line:column: what; how to mend`.
  func load() throws(ConfigErrors) -> Config {
    let files: [(name: String, bytes: [UInt8])]
    do throws(SystemCallError) {
      if let path {
        files = try ConfigFiles.named(path)
      } else {
        files = try ConfigFiles.standard(in: root)
      }
    } catch {
      throw ConfigErrors(unreadable: error)
    }
    return try ConfigReader.read(files.map { ConfigFile(name: $0.name, bytes: $0.bytes) })
  }
}

extension ConfigErrors {
  /// A file that cannot be read has no line to point at: it is its first.
  fileprivate init(unreadable error: SystemCallError) {
    self.init([
      ConfigError(
        position: SourcePosition(file: error.subject, line: 1, column: 1),
        message: "\(error.reason.lowercased()); \(error.remedy)")
    ])
  }
}
