internal import GuardConfig
internal import GuardCore
internal import GuardLinux
internal import GuardStatus

/// The drop-in that `protect` writes for a unit: where it stands, and what it says.
struct DropIn: Sendable {
  let unit: String
  /// The directories in which it may stand, that for good first.
  let directories: [String]
  let fileName: String
  /// The file to which it belongs, where that is not the machine's own: the daemon was told another.
  private let mainFile: String?
  private let root: RootDirectory

  /// - Parameter status: what the daemon says, which knows by which file it goes.
  /// - Throws: a ``Refusal`` for what cannot be a unit's name.
  init(for name: String, _ status: StatusReading, in root: RootDirectory) throws(Refusal) {
    let unit = UnitName.completed(name)
    let kind = unit.lastIndex(of: ".").map { unit[$0...] } ?? ""
    guard unit.utf8.allSatisfy(Self.isAllowed), kind.count < unit.count else {
      throw Refusal(
        .usage,
        "'\(unit.utf8.printable)' is no name of a unit; see which there are with: systemctl list-units")
    }
    // What a file's name may not or should not hold, as systemd-escape(1) writes it.
    let escaped = unit.utf8.map { byte in
      Self.isPlain(byte) ? String(decoding: [byte], as: UTF8.self) : "\\x\(String(byte, radix: 16))"
    }
    let fileName = "60-oomguardctl-\(escaped.joined()).conf"
    // With a dot before it and `.new` behind it, while it is written.
    guard fileName.utf8.count <= 250 else {
      throw Refusal(.usage, "'\(unit)' is too long for the name of a file; write a rule for it yourself")
    }
    (self.unit, self.fileName) = (unit, fileName)
    let standard = root.path(ConfigFiles.standardPath)
    let used = status.daemon == .running ? status.document?.config.files.first : nil
    if let used, used != standard {
      (mainFile, directories, self.root) = (used, ["\(used).d"], RootDirectory())
    } else {
      (mainFile, directories) = (nil, ["/etc/oomguard.conf.d", "/run/oomguard.conf.d"])
      self.root = root
    }
  }

  /// As systemd.unit(5) has it, and the wildcards of systemctl.
  private static func isAllowed(_ byte: UInt8) -> Bool { isPlain(byte) || "\\*?[]!^".utf8.contains(byte) }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte.isDigit || byte.isLetter || ":-_.@".utf8.contains(byte)
  }

  /// - Throws: a ``Refusal`` where the configuration in force knows no directory that ends with the boot.
  func path(runtime: Bool) throws(Refusal) -> String {
    guard runtime else { return "\(directories[0])/\(fileName)" }
    guard directories.count > 1 else {
      throw Refusal(
        .usage, "the daemon goes by '\(mainFile ?? "")', whose drop-ins are all for good; leave --runtime out"
      )
    }
    return "\(directories[1])/\(fileName)"
  }

  /// Those of its places in which it stands.
  var present: [String] { directories.map { "\($0)/\(fileName)" }.filter(root.exists) }

  /// As messages call it.
  func shown(_ path: String) -> String { root.path(path) }

  func isOurs(_ position: SourcePosition) -> Bool {
    directories.contains { shown("\($0)/\(fileName)") == position.file }
  }

  /// A literal string of TOML: no unit's name holds what would end it.
  func text(rule: String, score: OOMScoreAdj) -> [UInt8] {
    Array(
      """
      # Written by: oomguardctl protect; undone by: oomguardctl unprotect
      [[protect]]
      name = '\(rule)'
      unit = '\(unit)'
      score = \(score)

      """.utf8)
  }

  /// The rules as they would be after `changes`, in the order in which they count.
  ///
  /// - Throws: a ``Refusal`` with every mistake.
  func rules(after changes: [String: [UInt8]?]) throws(Refusal) -> [Rule] {
    let files: [(name: String, bytes: [UInt8])]
    do throws(SystemCallError) {
      if let mainFile {
        files = try ConfigFiles.named(mainFile, changes: changes)
      } else {
        files = try ConfigFiles.standard(in: root, changes: changes)
      }
    } catch {
      let remedy = error.meansGone ? "write it first, an empty file is enough" : error.remedy
      throw Refusal(error.isNotPermitted ? .notPermitted : .finding, "\(error); \(remedy)")
    }
    do throws(ConfigErrors) {
      return try ConfigReader.read(files.map { ConfigFile(name: $0.name, bytes: $0.bytes) }).rules
    } catch {
      throw Refusal(.finding, "nothing was changed, since the configuration would have mistakes:\n\(error)")
    }
  }

  func write(_ text: [UInt8], to path: String) throws(Refusal) {
    let directory = path.dropLast(fileName.count + 1)
    try Refusal.wrapping("nothing was changed") { () throws(SystemCallError) in
      try root.writeDropIn(fileName, in: String(directory), text)
    }
  }

  func remove(_ path: String) throws(Refusal) {
    try Refusal.wrapping("it is still there") { () throws(SystemCallError) in try root.remove(path) }
  }

  func text(at path: String) -> [UInt8]? { try? root.read(path) }
}
