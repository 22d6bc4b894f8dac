import GuardCore

/// The keys of a rule that say which processes it means.
enum SelectorKeys {
  static let all = ["unit", "user_unit", "cgroup", "exe", "comm", "cmdline", "user"]

  /// Types of unit that have processes; see systemd.unit(5).
  private static let unitTypes = [".service", ".scope", ".slice", ".socket", ".mount", ".swap"]
  private static let idleUnitTypes = [".target", ".timer", ".path", ".device", ".automount"]
  /// TASK_COMM_LEN without its final NUL; see include/linux/sched.h.
  private static let longestComm = 15

  /// `nil` after a mistake.
  static func read(
    _ entries: Entries, at position: TOMLPosition, _ place: String, _ findings: inout Findings
  ) -> Selector? {
    let errors = findings.errors.count
    guard all.contains(where: { entries[$0] != nil }) else {
      findings.error(
        position,
        "this \(place) selects no process; write one of \(all.map { "'\($0)'" }.joined(separator: ", "))")
      return nil
    }
    var selector = Selector()
    selector.units = globs(entries["unit"], as: .name, &findings, mistake: unitMistake)
    selector.userUnits = globs(entries["user_unit"], as: .name, &findings, mistake: unitMistake)
    selector.cgroups = globs(entries["cgroup"], as: .path, &findings, mistake: cgroupMistake)
    selector.exes = globs(entries["exe"], as: .path, &findings, mistake: exeMistake)
    selector.comms = globs(entries["comm"], as: .name, &findings, mistake: commMistake)
    selector.cmdlines = expressions(entries["cmdline"], rule: entries["name"], &findings)
    selector.users = users(entries["user"], &findings)
    if let entry = entries["user_unit"], entries["user"] == nil {
      findings.error(entry.keyPosition, "'user_unit' does not say whose; add 'user'")
    }
    return findings.errors.count == errors ? selector : nil
  }

  private static func globs(
    _ entry: TOMLEntry?, as kind: Glob.Kind, _ findings: inout Findings, mistake: (Glob) -> String?
  ) -> [Glob] {
    guard let entry, let texts = findings.strings(entry) else { return [] }
    var globs: [Glob] = []
    for (text, position) in texts {
      do throws(PatternError) {
        let glob = try Glob(text, as: kind)
        if let mistake = mistake(glob) {
          findings.error(position, "'\(entry.key)' is '\(text.shown)'\(mistake)")
        } else {
          globs.append(glob)
        }
      } catch {
        findings.error(position, "'\(entry.key)' is '\(text.shown)': \(error.message)")
      }
    }
    return globs
  }

  private static func unitMistake(_ glob: Glob) -> String? {
    let name = glob.pattern
    if name.contains("/") { return ", which is a path; write the unit's name, or use 'cgroup'" }
    if idleUnitTypes.contains(where: name.hasSuffix) {
      return ", a unit without processes; write the service that it is about"
    }
    if glob.isLiteral, !unitTypes.contains(where: name.hasSuffix) {
      return ", which has no unit type; write '\(name.shown).service'"
    }
    return nil
  }

  private static func cgroupMistake(_ glob: Glob) -> String? {
    let path = glob.pattern
    if path.hasPrefix("/sys/fs/cgroup") {
      return ", where the hierarchy is mounted; write the path below that, such as '/batch.slice'"
    }
    if path != "/", path.hasSuffix("/") { return ", and no path ends in '/'; remove it, or write '/**'" }
    return pathMistake(glob, example: "/batch.slice")
  }

  private static func exeMistake(_ glob: Glob) -> String? {
    if glob.pattern.hasSuffix("/") {
      return ", which is a directory; write '**' after it for all that is below"
    }
    return pathMistake(glob, example: "/usr/sbin/sshd")
  }

  private static func pathMistake(_ glob: Glob, example: String) -> String? {
    if !glob.pattern.hasPrefix("/") {
      return ", which does not start with '/'; write a path such as '\(example)'"
    }
    // Byte by byte: contains(_:) of a text would link a megabyte of regular expressions into the daemon.
    let bytes = glob.pattern.utf8
    let slash = UInt8(ascii: "/")
    if zip(bytes, bytes.dropFirst()).contains(where: { $0 == slash && $1 == slash }) {
      return ", which no path with its '//' can match; write one '/'"
    }
    return nil
  }

  private static func commMistake(_ glob: Glob) -> String? {
    guard glob.fewestBytes > longestComm else { return nil }
    let kept = String(decoding: glob.pattern.utf8.prefix(longestComm), as: UTF8.self)
    return ", longer than the \(longestComm) bytes that the kernel keeps of a name; write '\(kept.shown)'"
  }

  private static func expressions(
    _ entry: TOMLEntry?, rule: TOMLEntry?, _ findings: inout Findings
  ) -> [RegularExpression] {
    guard let entry, let texts = findings.strings(entry) else { return [] }
    var expressions: [RegularExpression] = []
    for (text, position) in texts {
      do throws(PatternError) {
        expressions.append(try RegularExpression(text))
      } catch {
        findings.error(position, "'\(entry.key)' is '\(text.shown)': \(error.message)")
      }
      if text.contains(where: { $0 == "\"" || $0 == "'" }), case .string(let rule) = rule?.node.value {
        findings.warning(
          position,
          "'\(entry.key)' has quotes in it, which no shell takes away here and few arguments have; remove them",
          rule: rule)
      }
    }
    return expressions
  }

  private static func users(_ entry: TOMLEntry?, _ findings: inout Findings) -> [Selector.User] {
    guard let entry, let nodes = findings.values(entry) else { return [] }
    return nodes.compactMap { node in
      switch node.value {
      case .integer(let number):
        if let user = user(UInt32(exactly: number)) { return user }
      case .string(let text)
      where text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }:
        if let user = user(UInt32(ascii: text.utf8)) { return user }
      case .string(let text):
        // What no line of /etc/passwd can hold, and what would break one line of a message.
        if !text.contains(where: { ":/, ".contains($0) }), text.utf8.printable == text { return .name(text) }
      case .table, .array, .float, .boolean, .dateOrTime: break
      }
      findings.wrong(node, of: entry.key, write: "a user's name or number")
      return nil
    }
  }

  private static func user(_ uid: UInt32?) -> Selector.User? {
    // The last number means "no user" to the kernel.
    uid == .max ? nil : uid.map { .uid($0) }
  }
}
