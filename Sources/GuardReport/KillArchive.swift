internal import GuardCore
package import GuardLinux
package import GuardStatus
internal import GuardSystemd

/// The kills that were told: those in the journal, of any boot, and those that only the daemon's status has.
package struct KillArchive {
  /// What a question asks for.
  package struct Selection: Sendable {
    /// Kills that happened then or later.
    package var since: Timestamp?
    package var unit: UnitFilter?
    fileprivate var id: String?

    package init(since: Timestamp? = nil, unit: UnitFilter? = nil) { (self.since, self.unit) = (since, unit) }

    fileprivate func admits(_ kill: StatusDocument.Kill) -> Bool {
      if let since, let at = kill.at, at < since { return false }
      if let id, kill.id != id { return false }
      return unit?.admits(kill) ?? true
    }
  }

  /// How far an answer goes back, for whoever must not be kept busy.
  package struct Limit: Sendable {
    /// Kills that are told.
    package var kills: Int
    /// Entries of the journal that are looked at for them.
    package var entries: Int

    package init(kills: Int, entries: Int) { (self.kills, self.entries) = (kills, entries) }
  }

  private let root: RootDirectory
  private let now: Timestamp

  /// - Parameter now: the wall clock.
  package init(in root: RootDirectory, at now: Timestamp) { (self.root, self.now) = (root, now) }

  package func kills(_ selection: Selection) -> KillsAnswer {
    var kills: [StatusDocument.Kill] = []
    let problem = read(.brief, since: selection.since) { kill, _ in
      if selection.admits(kill) { kills.append(kill) }
      return true
    }
    return answer(kills, problem, selection)
  }

  /// The newest kills, oldest first; if there are more, `why` says so.
  package func kills(_ selection: Selection, newest limit: Limit) -> KillsAnswer {
    var kills: [StatusDocument.Kill] = []
    var isCut = false
    let (problem, isWhole) = readBackwards(selection.since, limit.entries) { kill in
      guard selection.admits(kill) else { return true }
      isCut = kills.count == limit.kills
      if !isCut { kills.append(kill) }
      return !isCut
    }
    isCut = isCut || !isWhole
    var answer = answer(kills.reversed(), problem, selection)
    if answer.kills.count > limit.kills {
      answer.kills.removeFirst(answer.kills.count - limit.kills)
      isCut = true
    }
    if isCut {
      let cut = "there may be more before these; see: oomguardctl kills"
      answer.why = answer.why.map { "\($0); \(cut)" } ?? cut
    }
    return answer
  }

  /// One kill, with the kernel's report where the journal has it.
  ///
  /// - Returns: `nil` with the whole answer, for its `why`, if nobody knows a kill of this id.
  package func kill(id: String) -> (kill: KillInFull?, answer: KillsAnswer) {
    var selection = Selection()
    selection.id = id
    var found: (kill: StatusDocument.Kill, report: [UInt8]?)?
    let problem = read(.brief, since: nil) { kill, reader in
      guard selection.admits(kill) else { return true }
      found = (kill, reader.current(.full)?.fields["REPORT"])
      return false
    }
    let answer = answer(found.map { [$0.kill] } ?? [], problem, selection)
    let full = answer.kills.first.map {
      KillInFull($0, report: found?.report, swapKB: root.memory?.swapTotalKB, pageBytes: Machine.pageBytes)
    }
    return (full, answer)
  }

  /// Hands over the journal's kills in the order in which they were told, for as long as `body` wants more.
  private func read(
    _ detail: JournalReader.Detail, since: Timestamp?, _ body: (StatusDocument.Kill, JournalReader) -> Bool
  ) -> JournalProblem? {
    do throws(JournalProblem) {
      // Whatever happened since then was told since then.
      let start = since.map { JournalReader.Start.at(UInt64(clamping: $0.microsecondsSinceEpoch)) }
      let reader = try JournalReader(of: [.kill], from: start ?? .beginning, detail: detail, in: root)
      // The one that was being told when the daemon was killed is sent twice.
      var seen: Set<String> = []
      while let record = try reader.next() {
        let kill = StatusDocument.Kill(record)
        guard kill.id.map({ seen.insert($0).inserted }) ?? true else { continue }
        if !body(kill, reader) { break }
      }
      return nil
    } catch {
      return error
    }
  }

  /// The same with the newest first, as far back as `since` and `limit` allow.
  ///
  /// - Returns: also whether the limit was far enough.
  private func readBackwards(
    _ since: Timestamp?, _ limit: Int, _ body: (StatusDocument.Kill) -> Bool
  ) -> (problem: JournalProblem?, isWhole: Bool) {
    do throws(JournalProblem) {
      let reader = try JournalReader(of: [.kill], from: .end, detail: .brief, in: root)
      var seen: Set<String> = []
      for _ in 0..<limit {
        guard let record = try reader.previous() else { return (nil, true) }
        // Whatever happened since then was told since then.
        if let since, record.received < since { return (nil, true) }
        let kill = StatusDocument.Kill(record)
        guard kill.id.map({ seen.insert($0).inserted }) ?? true else { continue }
        if !body(kill) { return (nil, true) }
      }
      return (nil, false)
    } catch {
      return (error, true)
    }
  }

  /// Puts what only the daemon's status has beside what the journal has.
  private func answer(
    _ told: [StatusDocument.Kill], _ problem: JournalProblem?, _ selection: Selection
  ) -> KillsAnswer {
    let reading = StatusFile(in: root).reading(at: now)
    let known = Set(told.compactMap(\.id))
    let kept = reading.document?.kills
    let missing =
      kept?.last.filter { kill in
        selection.admits(kill) && !(kill.id.map(known.contains) ?? false)
      } ?? []
    // Those that were told late, or not at all, stand where they happened.
    let kills = (told + missing).enumerated().sorted {
      ($0.element.at?.microsecondsSinceEpoch ?? 0, $0.offset) < (
        $1.element.at?.microsecondsSinceEpoch ?? 0, $1.offset
      )
    }.map(\.element)
    guard let problem else {
      let why =
        missing.isEmpty ? nil : "the journal does not have \(missing.count) of them, only the daemon's status"
      return KillsAnswer(kills: kills, source: .journal, why: why)
    }
    if let kept {
      let rest =
        kept.total > UInt64(kept.last.count)
        ? "; the daemon's status has no more than the last \(kept.last.count) of this boot" : ""
      return KillsAnswer(
        kills: kills, source: told.isEmpty ? .daemon : .journal,
        why: "\(problem)\(rest)")
    }
    var answer = KillsAnswer(kills: kills, source: told.isEmpty ? nil : .journal, why: "\(problem)")
    if let status = reading.problem { answer.why = "\(problem); \(status)" }
    answer.exitStatus = problem == .notPermitted ? .notPermitted : .notRunning
    return answer
  }
}

/// What `oomguardctl kills` answers: the kills, oldest first, and who knew them.
package struct KillsAnswer: Encodable, Sendable {
  package enum Source: String, Encodable, Sendable { case journal, daemon }

  package var kills: [StatusDocument.Kill]
  /// `nil` where neither answers.
  package var source: Source?
  /// Why it is not the journal, or not the journal alone.
  package var why: String?
  /// A history is no finding, whatever is in it.
  package var exitStatus = ExitStatus.fine

  package init(kills: [StatusDocument.Kill], source: Source?, why: String?) {
    (self.kills, self.source, self.why) = (kills, source, why)
  }

  private enum CodingKeys: String, CodingKey { case kills, source, why }
}
