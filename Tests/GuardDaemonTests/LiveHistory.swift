import Foundation
import GuardStatus
import GuardTestSupport

/// A population of real processes that live as they please, a real daemon, and what it has to find out about them.
///
/// Every choice comes from one seed. What nobody could find out afterwards is left out: who forked, and the child, do
/// nothing more until all has been looked at (a child that hides before carries its parent's promise for good, as far
/// as anybody can tell), and of a process to which somebody else wrote only that much is asked which can be promised.
final class LiveHistory {
  struct Member {
    var pid: Int32
    /// What it would carry without oomguard.
    var base: Int
    var program: String
    var comm: String
    /// Of ``cgroups``.
    var cgroup: Int
    /// What somebody else wrote to it, or to whom it was forked from.
    var foreign: Set<Int> = []
    /// It forked, or was forked, since all was last looked at.
    var isBusy = false
  }

  struct Rule {
    enum Selector: CaseIterable { case unit, cgroup, comm, exe }
    var selector: Selector
    var score: Int
    /// Whether it means the main process alone of its unit or cgroup.
    var isForMain = false
    /// The same as in oomguard: a promise of the lower half is a ceiling, one of the upper half a floor.
    var isCeiling: Bool { score < 500 }
    func isKept(by other: Int) -> Bool { isCeiling ? other <= score : other >= score }
  }

  // No two of these have a value in common, so that each score tells where it is from.
  private static let ownScores = [500, 500, 510, 520, 50, 950]
  private static let promises = [100, 200, 300, 700, 800]
  /// Below whatever anybody else gives, which is each process's own then.
  private static let mainPromises = [40, 45]
  private static let foreignScores = [55, 155, 455, 555, 755, 1000]
  private static let programs = ["alpha", "beta"]
  /// A rule by comm means whoever has it on the whole machine.
  private let comm = "named-\(UUID().uuidString.prefix(8))"
  private static let population = 24

  private let stage: Stage
  private let troupe: Troupe
  /// The unit's, the one a rule names by its path, and one that no rule names.
  private let cgroups: [OwnCgroup]
  private var random: SeededRandom
  private(set) var members: [Member] = []
  private(set) var rules: [Rule] = []
  private var daemon: LiveDaemon?
  /// Something happened of which no event tells.
  private var isSilent = false
  /// Who was the first of its cgroup at some time since all was last looked at, or was its main process then, by the
  /// index of the cgroup: a main process stays that as long as nothing tells of another.
  private var mains: [Int: Set<Int32>] = [:]
  /// What was done, for whoever looks for a mistake.
  private(set) var log: [String] = []

  init(_ random: SeededRandom, below top: String) throws {
    self.random = random
    stage = try Stage()
    troupe = try Troupe(on: stage)
    let mark = "oomguard-\(UUID().uuidString.prefix(8))"
    cgroups = try ["\(mark)-a.service", "\(mark)-b", "\(mark)-c"].map { try OwnCgroup("\(top)/\($0)") }
    rules = [Rule(selector: .unit, score: 100), Rule(selector: .comm, score: 700)]
    daemon = try LiveDaemon.running(on: stage, config)
  }

  deinit {
    daemon = nil
    // Before their cgroups, which the kernel would not let go of.
    for member in members { kill(member.pid, SIGKILL) }
  }

  // MARK: chances

  private func pick<T>(_ choices: [T]) -> T { choices[Int.random(in: 0..<choices.count, using: &random)] }
  private func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
  private func someone() -> Int? {
    members.indices.filter { !members[$0].isBusy }.randomElement(using: &random)
  }

  // MARK: the rules

  private var config: String {
    var text = "[guard]\nreconcile_interval = \"1h\"\nconflict_limit = 1000\n"
    for (index, rule) in rules.enumerated() {
      let selector =
        switch rule.selector {
        case .unit: "unit = \"\(name(0))\""
        case .cgroup: "cgroup = \"/\(name(1))\""
        case .comm: "comm = \"\(comm)\"\nuser = 0"
        case .exe: "exe = \"\(stage.files.path)/beta\""
        }
      let hasScope = rule.isCeiling && [.unit, .cgroup].contains(rule.selector)
      let scope = hasScope ? "scope = \"\(rule.isForMain ? "main" : "all")\"\n" : ""
      text += "[[\(rule.isCeiling ? "protect" : "sacrifice")]]\nname = \"\(index)\"\n\(selector)\n\(scope)"
      text += "score = \(rule.score)\n"
    }
    return text
  }

  private func name(_ cgroup: Int) -> String { (cgroups[cgroup].path as NSString).lastPathComponent }

  private func rule(of member: Member) -> Int? {
    rules.firstIndex {
      switch $0.selector {
      case .unit: member.cgroup == 0
      case .cgroup: member.cgroup == 1
      case .comm: member.comm == comm
      case .exe: member.program == "beta"
      }
    }
  }

  // MARK: what happens

  /// One thing that a process does, or that is done to it.
  func live() throws {
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<20: try start()
    case 20..<35: if let index = someone() { try fork(index) }
    case 35..<50: if let index = someone() { try exec(index) }
    case 50..<65: if let index = someone() { try rename(index) }
    case 65..<80: if let index = someone() { try move(index) }
    case 80..<88: if let index = someone() { try touch(index) }
    default: if members.count > 6, let index = someone() { try end(index) }
    }
    for cgroup in 0...1 { if let first = first(in: cgroup) { mains[cgroup, default: []].insert(first) } }
  }

  /// The process of a cgroup from which the others descend, or the earliest of those.
  private func first(in cgroup: Int) -> Int32? {
    let listed = (try? Machine.text(of: "\(cgroups[cgroup].path)/cgroup.procs")) ?? ""
    let processes = listed.split(separator: "\n").compactMap {
      line -> (pid: Int32, parent: Int32, start: Int)? in
      guard let stat = try? Machine.text(of: "/proc/\(line)/stat").split(separator: " "), stat.count > 21,
        let pid = Int32(line), let parent = Int32(stat[3]), let start = Int(stat[21])
      else { return nil }
      return (pid, parent, start)
    }
    let inside = Set(processes.map(\.pid))
    return processes.filter { !inside.contains($0.parent) }.min { ($0.start, $0.pid) < ($1.start, $1.pid) }?
      .pid
  }

  private func start() throws {
    guard members.count < Self.population else { return }
    let (program, score) = (pick(Self.programs), pick(Self.ownScores))
    let pid = try troupe.start(program, score: score)
    // Below its starter's cgroup, whose name is nobody's here.
    members.append(Member(pid: pid, base: score, program: program, comm: program, cgroup: 2))
    log.append("start \(pid) \(program) \(score)")
  }

  private func fork(_ index: Int) throws {
    guard members.count < Self.population else { return }
    let pid = try troupe.tell(members[index].pid, "fork")
    log.append("fork \(members[index].pid) \(pid)")
    members[index].isBusy = true
    var child = members[index]
    child.pid = pid
    members.append(child)
    isSilent = true
  }

  private func exec(_ index: Int) throws {
    let program = pick(Self.programs)
    log.append("exec \(members[index].pid) \(program)")
    try troupe.tell(members[index].pid, "exec \(troupe.program(program))")
    (members[index].program, members[index].comm) = (program, program)
  }

  private func rename(_ index: Int) throws {
    let name = pick(["plain", comm])
    log.append("name \(members[index].pid) \(name)")
    try troupe.tell(members[index].pid, "name \(name)")
    members[index].comm = name
  }

  private func move(_ index: Int) throws {
    let cgroup = Int.random(in: 0..<cgroups.count, using: &random)
    try move(index, to: cgroup)
  }

  private func move(_ index: Int, to cgroup: Int) throws {
    log.append("move \(members[index].pid) \(cgroup)")
    try troupe.tell(members[index].pid, "write \(cgroups[cgroup].path)/cgroup.procs 0")
    // Who joins is told of; who is meant already, by where it was or by name, is looked at in the next survey.
    if cgroup != members[index].cgroup, rule(of: members[index]) != nil { isSilent = true }
    members[index].cgroup = cgroup
  }

  private func touch(_ index: Int) throws {
    let value = pick(Self.foreignScores)
    log.append("touch \(members[index].pid) \(value)")
    try Machine.write("\(value)\n", to: "/proc/\(members[index].pid)/oom_score_adj")
    members[index].foreign.insert(value)
    isSilent = true
  }

  private func end(_ index: Int) throws {
    log.append("exit \(members[index].pid)")
    // Whose place another takes.
    if rule(of: members[index]) != nil { isSilent = true }
    try troupe.tell(members[index].pid, "exit")
    let pid = members[index].pid
    try eventually("\(pid) has ended") { kill(pid, 0) != 0 }
    members.remove(at: index)
  }

  // MARK: what happens to the daemon

  /// It cannot read while more happens than is kept for it: of processes, or of cgroups.
  func overrun(_ actions: Int) throws {
    guard let daemon else { return }
    try quiet()
    daemon.signal(SIGSTOP)
    for _ in 0..<actions / 2 { try live() }
    if chance(50) {
      log.append("overrun of processes")
      if let index = someone() { try troupe.tell(members[index].pid, "storm 20000") }
    } else {
      log.append("overrun of cgroups")
      try cgroups[0].overrun()
    }
    // Either nothing but the loss tells that there is something to be looked at, or more.
    if chance(50),
      let index = members.indices.first(where: { !members[$0].isBusy && rule(of: members[$0]) == nil })
    {
      try move(index, to: 0)
    } else {
      for _ in 0..<actions / 2 { try live() }
    }
    daemon.signal(SIGCONT)
  }

  func crash() throws {
    // Whoever was forked and not looked at yet is known by the ledger alone.
    try quiet()
    for _ in 0..<Int.random(in: 0..<4, using: &random) { if let index = someone() { try exec(index) } }
    log.append("crash")
    try daemon?.end(SIGKILL)
    for _ in 0..<Int.random(in: 0..<4, using: &random) { if let index = someone() { try rename(index) } }
    daemon = try LiveDaemon.running(on: stage)
  }

  func reload() throws {
    var selectors = Rule.Selector.allCases.filter { _ in chance(70) }
    selectors.shuffle(using: &random)
    rules = selectors.map { selector in
      [.unit, .cgroup].contains(selector) && chance(40)
        ? Rule(selector: selector, score: pick(Self.mainPromises), isForMain: true)
        : Rule(selector: selector, score: pick(Self.promises))
    }
    log.append("rules \(rules.map { "\($0.selector) \($0.score)\($0.isForMain ? " main" : "")" })")
    try stage.files.write(config, to: LiveDaemon.configName)
    isSilent = true
  }

  // MARK: what was promised

  /// Lets everything be looked at where no event told of it, and waits until all is as it should be.
  ///
  /// - Throws: what is not.
  func quiet() throws {
    if isSilent { try daemon?.survey() }
    var wrong: [String] = []
    do {
      try eventually("all is as promised") {
        wrong = try broken(isRestored: false) + untold()
        return wrong.isEmpty
      }
    } catch {
      throw Broken(wrong: wrong, log: log)
    }
    isSilent = false
    for index in members.indices { members[index].isBusy = false }
    var found: [Int: Set<Int32>] = [:]
    for (index, rule) in rules.enumerated() where rule.isForMain {
      found[cgroup(of: rule)] = possibleMains(of: index).filter { isMain($0, by: index) }
    }
    mains = found
  }

  /// Ends the daemon, well or badly, and lets everything be given back.
  func stop() throws {
    try quiet()
    if chance(50) {
      try daemon?.end(SIGTERM)
    } else {
      try daemon?.end(SIGKILL)
      _ = try stage.result(Program.daemon, "--restore")
    }
    let left = try Machine.text(of: "\(stage.run)/oomguard/state").split(separator: "\n")
      .filter { $0.hasPrefix("base ") }
    let wrong = try broken(isRestored: true) + left.map { "left in the state: \($0)" }
    guard wrong.isEmpty else { throw Broken(wrong: wrong, log: log) }
  }

  private func cgroup(of rule: Rule) -> Int { rule.selector == .unit ? 0 : 1 }

  /// Who may be the main process that a rule asks for, whether or not an earlier rule means it.
  private func possibleMains(of rule: Int) -> Set<Int32> {
    let cgroup = cgroup(of: rules[rule])
    let inside = members.filter { $0.cgroup == cgroup }.map(\.pid)
    return mains[cgroup, default: []].union(first(in: cgroup).map { [$0] } ?? []).intersection(inside)
  }

  /// Whether a possible main process is the one, by what the daemon tells: the one it lists, or, if it lists none, one
  /// that an earlier rule means.
  private func isMain(_ pid: Int32, by rule: Int) -> Bool {
    let listed = daemon?.status?.rules[rule].processes.map(\.pid) ?? []
    return listed.isEmpty ? members.contains { $0.pid == pid && self.rule(of: $0) != rule } : listed == [pid]
  }

  private func isPromised(_ member: Member, by index: Int) -> Bool {
    !rules[index].isForMain
      || daemon?.status?.rules[index].processes.contains { $0.pid == member.pid } == true
  }

  private func broken(isRestored: Bool) throws -> [String] {
    try members.compactMap { member in
      let score = try Int(Machine.text(of: "/proc/\(member.pid)/oom_score_adj"))
      guard let score else { return "gone: \(member)" }
      if !isRestored, let index = rule(of: member), isPromised(member, by: index) {
        let rule = rules[index]
        if !member.foreign.isEmpty {
          return rule.isKept(by: score) ? nil : "\(score) is not promised by \(rule): \(member)"
        }
        let expected = rule.isKept(by: member.base) ? member.base : rule.score
        return score == expected ? nil : "\(score), and not \(expected) by \(rule): \(member)"
      }
      return score == member.base || member.foreign.contains(score) ? nil : "\(score): \(member)"
    }
  }

  /// What the status file does not say as it is.
  private func untold() -> [String] {
    guard let status = daemon?.status, status.rules.count == rules.count else {
      return ["there is no status"]
    }
    return rules.indices.flatMap { index in
      var wanted: [Int32: Member] = [:]
      for member in members where rule(of: member) == index { wanted[member.pid] = member }
      let told = status.rules[index]
      if rules[index].isForMain {
        let possible = possibleMains(of: index)
        guard possible.isEmpty || possible.contains(where: { isMain($0, by: index) }) else {
          return [
            "rule \(index) tells of \(told.processes.map(\.pid)), and not of one of \(possible.sorted())"
          ]
        }
        wanted = wanted.filter { possible.contains($0.key) && isMain($0.key, by: index) }
      }
      if Set(told.processes.map(\.pid)) != Set(wanted.keys) || told.matched != wanted.count {
        return ["rule \(index) tells of \(told.processes.map(\.pid)), and not of \(wanted.keys.sorted())"]
      }
      return told.processes.compactMap { process in
        guard let member = wanted[process.pid], member.foreign.isEmpty else { return nil }
        return process.base.map { Int($0) } == member.base && process.state == .held
          ? nil : "told with base \(process.base ?? -1), \(process.state): \(member)"
      }
    }
  }

  struct Broken: Error, CustomStringConvertible {
    var wrong: [String]
    var log: [String]
    var description: String { (wrong + ["what happened:"] + log.suffix(400)).joined(separator: "\n") }
  }
}
