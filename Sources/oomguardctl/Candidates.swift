internal import ArgumentParser
internal import GuardCore
internal import GuardLinux
internal import GuardReport
internal import GuardStatus

/// What a shell offers for an argument, asked of the machine when the key is pressed.
enum Candidates {
  /// The names of the rules in force.
  static let rules = CompletionKind.custom { words, _, _ in
    document(words)?.rules.map(\.name).sorted() ?? []
  }

  /// The processes.
  static let pids = CompletionKind.custom { words, _, _ in
    let pids = (try? ProcDirectory(in: root(words)).pids()) ?? []
    return pids.sorted().map { "\($0)" }
  }

  /// The kills that the daemon remembers, the latest first.
  static let kills = CompletionKind.custom { words, _, _ in
    document(words)?.kills.last.reversed().compactMap(\.id) ?? []
  }

  /// The system units that have processes.
  static let units = CompletionKind.custom { words, _, _ in
    guard let tree = try? CgroupTree(in: root(words)), let members = try? tree.members() else { return [] }
    return Set(members.pids.compactMap { members[$0]?.unit?.printable }).sorted()
  }

  private static func document(_ words: [String]) -> StatusDocument? {
    StatusFile(in: root(words)).reading(at: Oomguardctl.now).document
  }

  /// That of `--root`, as far as the command line is typed.
  private static func root(_ words: [String]) -> RootDirectory {
    for (word, next) in zip(words, words.dropFirst()) where word == "--root" { return RootDirectory(next) }
    let prefix = "--root="
    let path = words.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    return RootDirectory(path ?? "/")
  }
}
