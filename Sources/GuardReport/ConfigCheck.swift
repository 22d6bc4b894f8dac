internal import GuardConfig
internal import GuardCore
package import GuardLinux

/// Whether a configuration would be taken by the daemon: every mistake and warning in it.
package struct ConfigCheck: Sendable {
  /// In the order in which they count.
  private let files: [String]
  private var ruleCount = 0
  private var errors: [ConfigError] = []
  private var warnings: [ConfigWarning] = []
  /// A file that could not even be read.
  private var unreadable: SystemCallError?

  /// - Parameter file: read with its own drop-ins, as `oomguardd --config` does; `nil` for the machine's.
  package init(of file: String?, in root: RootDirectory) {
    let read: [(name: String, bytes: [UInt8])]
    do throws(SystemCallError) {
      if let file {
        read = try ConfigFiles.named(file)
      } else {
        read = try ConfigFiles.standard(in: root)
      }
    } catch {
      (files, unreadable) = ([error.subject], error)
      return
    }
    files = read.map(\.name)
    do throws(ConfigErrors) {
      let config = try ConfigReader.read(read.map { ConfigFile(name: $0.name, bytes: $0.bytes) })
      (ruleCount, warnings) = (config.rules.count, config.warnings)
    } catch {
      errors = error.errors
    }
  }

  private var isValid: Bool { errors.isEmpty && unreadable == nil }

  package var exitStatus: ExitStatus {
    if let unreadable, unreadable.isNotPermitted { return .notPermitted }
    return isValid ? .fine : .finding
  }

  /// `FILE: ok, 3 rules`; nothing unless it is.
  package func summary(in appearance: Appearance) -> String? {
    guard isValid, let main = files.first else { return nil }
    func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
    let dropIns = files.count > 1 ? " with \(count(files.count - 1, "drop-in"))" : ""
    let noted = warnings.isEmpty ? "" : ", \(count(warnings.count, "warning"))"
    return "\(main.shown(in: appearance))\(dropIns): ok, \(count(ruleCount, "rule"))\(noted)"
  }

  /// A line for each mistake and warning: `file:line:column: what; how to mend`.
  package func complaints(in appearance: Appearance) -> [String] {
    let lines =
      (unreadable.map { ["\($0); \(Self.remedy(for: $0))"] } ?? [])
      + errors.map(\.description) + warnings.map { "\($0.position): warning: \($0.message)" }
    return lines.map { $0.shown(in: appearance) }
  }

  private static func remedy(for error: SystemCallError) -> String {
    if error.meansGone { return "write it, or name another file" }
    if error.isNotPermitted { return "run as root, or make it readable" }
    return "it must be a regular file of at most \(ConfigFiles.sizeLimit >> 20) MiB"
  }
}

extension ConfigCheck: Encodable {
  private enum CodingKeys: String, CodingKey { case valid, files, rules, errors, warnings }

  /// Something somewhere in a file; what cannot be read has no line.
  private struct Finding: Encodable {
    var file: String
    var line, column: Int?
    var message: String
    var rule: String?
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(isValid, forKey: .valid)
    try container.encode(files, forKey: .files)
    try container.encodeIfPresent(isValid ? ruleCount : nil, forKey: .rules)
    let unread = unreadable.map {
      [Finding(file: $0.subject, message: "\($0.reason); \(Self.remedy(for: $0))")]
    }
    try container.encode(
      (unread ?? [])
        + errors.map {
          Finding(
            file: $0.position.file, line: $0.position.line, column: $0.position.column, message: $0.message)
        }, forKey: .errors)
    try container.encode(
      warnings.map {
        Finding(
          file: $0.position.file, line: $0.position.line, column: $0.position.column, message: $0.message,
          rule: $0.rule)
      }, forKey: .warnings)
  }
}
