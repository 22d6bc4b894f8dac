internal import GuardConfig
internal import GuardCore
internal import GuardLinux
internal import GuardStatus

/// The rules by which the daemon goes, or would go if it ran, read from the files by the asker.
struct RulesInForce {
  /// In file order, each with its score on this machine.
  let set: RuleSet

  /// - Parameters:
  ///   - file: the configuration to go by, as `oomguardd --config` takes it; `nil` for the one in force.
  init(config file: String?, in root: RootDirectory, _ daemon: StatusReading) throws(UnreadRules) {
    let files: [(name: String, bytes: [UInt8])]
    do throws(SystemCallError) {
      let standard = root.path(ConfigFiles.standardPath)
      // A daemon that was told another file goes by that.
      let used = daemon.daemon == .running ? daemon.document?.config.files.first : nil
      if let named = file ?? used.flatMap({ $0 == standard ? nil : $0 }) {
        files = try ConfigFiles.named(named)
      } else {
        files = try ConfigFiles.standard(in: root)
      }
    } catch {
      throw UnreadRules(lines: ["the rules could not be read: \(error); \(error.remedy)"])
    }
    let rules: [Rule]
    do throws(ConfigErrors) {
      rules = try ConfigReader.read(files.map { ConfigFile(name: $0.name, bytes: $0.bytes) }).rules
    } catch {
      throw UnreadRules(
        lines: ["the rules could not be read, since the configuration has mistakes:"]
          + error.errors.map(\.description))
    }
    set = RuleSet(rules, totalBytes: root.totalMemoryBytes)
  }
}

/// Why there are no rules to go by, in lines for people.
struct UnreadRules: Error { var lines: [String] }
