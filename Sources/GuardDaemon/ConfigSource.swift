internal import GuardConfig
internal import GuardCore
internal import GuardLinux

/// Where the configuration comes from; read at the start and at each reload.
struct ConfigSource: Sendable {
  let path: String?
  let root: RootDirectory

  /// A configuration that is in force, and the files it was read from as they were then.
  struct Loaded {
    var config: Config
    /// `nil` of what is no news: the copy itself.
    var files: [(name: String, bytes: [UInt8])]?
    /// What is wrong with the files as they are, where this is the last good copy of them.
    var errors: ConfigErrors?
  }

  /// - Throws: every mistake, one a line, each `file:line:column: what; how to mend`.
  func load() throws(ConfigErrors) -> Loaded {
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
    return Loaded(config: try Self.read(files), files: files)
  }

  private static func read(_ files: [(name: String, bytes: [UInt8])]) throws(ConfigErrors) -> Config {
    try ConfigReader.read(files.map { ConfigFile(name: $0.name, bytes: $0.bytes) })
  }

  /// The same, or the last good copy where that is broken: a machine is not to be without protection for a mistake
  /// that somebody made since.
  ///
  /// Only of the machine's own configuration: whoever names a file is there to read what is wrong with it.
  ///
  /// - Throws: what is wrong, where there is no copy either.
  func loadOrFallBack() throws(ConfigErrors) -> Loaded {
    do throws(ConfigErrors) {
      return try load()
    } catch {
      guard path == nil, !error.isPassing, let text = try? LastGoodFile.read(in: root),
        let files = ConfigCopy.files(in: text),
        let config = try? Self.read(files)
      else { throw error }
      return Loaded(config: config, errors: error)
    }
  }

  /// Keeps a copy for a start with a broken configuration.
  func keep(_ files: [(name: String, bytes: [UInt8])]) throws(SystemCallError) {
    guard path == nil else { return }
    try LastGoodFile.keep(ConfigCopy.text(of: files), in: root)
  }
}

extension ConfigErrors {
  /// A file that cannot be read has no line to point at: it is its first.
  fileprivate init(unreadable error: SystemCallError) {
    let mistake = ConfigError(
      position: SourcePosition(file: error.subject, line: 1, column: 1),
      message: "\(error.reason.lowercased()); \(error.remedy)")
    self.init([mistake], isPassing: error.isPassing)
  }
}
