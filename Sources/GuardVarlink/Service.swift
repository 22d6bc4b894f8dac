package import GuardLinux
internal import GuardReport
package import GuardStatus

/// What each method answers. It reads, and changes nothing.
package struct Service {
  /// What a request leads to.
  package enum Outcome: Equatable {
    case reply([UInt8])
    /// The client wants to hear of every event.
    case subscribe
    /// It wants no reply.
    case nothing
    /// It does not speak the language.
    case disconnect
  }

  /// The newest of the journal's kills that one answer tells, and the entries that are looked through for them: nobody
  /// may keep the service busy, or its memory.
  private static let killLimit = KillArchive.Limit(kills: 1024, entries: 16_384)

  private let root: RootDirectory
  private let clock: () -> Timestamp

  /// - Parameter clock: the wall clock.
  package init(in root: RootDirectory, clock: @escaping () -> Timestamp) {
    (self.root, self.clock) = (root, clock)
  }

  package func outcome(of text: [UInt8]) -> Outcome {
    guard let request = Request(text) else { return .disconnect }
    let outcome: Outcome
    do throws(Reply.Failure) {
      outcome = try answer(request)
    } catch {
      outcome = .reply(Reply.bytes(error))
    }
    return request.isOneway ? .nothing : outcome
  }

  private func answer(_ request: Request) throws(Reply.Failure) -> Outcome {
    let (interface, name) = request.interfaceAndName
    switch (interface, name) {
    case ("org.varlink.service", "GetInfo"):
      _ = try request.parameters()
      return .reply(Reply.bytes(Info()))
    case ("org.varlink.service", "GetInterfaceDescription"):
      guard let wanted = try request.parameters("interface")["interface"] else {
        throw .invalidParameter("interface")
      }
      guard let text = InterfaceDescription.of(wanted) else { throw .interfaceNotFound(wanted) }
      return .reply(Reply.bytes(["description": text]))
    case ("io.oomguard.Guard", "GetStatus"):
      _ = try request.parameters()
      let reading = StatusFile(in: root).reading(at: clock()).withPressure(CurrentPressure(in: root))
      return .reply(Reply.bytes(StatusAnswer(reading)))
    case ("io.oomguard.Guard", "GetVictims"):
      return .reply(Reply.bytes(try victims(in: try request.parameters("cgroup")["cgroup"])))
    case ("io.oomguard.Guard", "GetKills"):
      return .reply(Reply.bytes(try kills(try request.parameters("since", "unit"))))
    case ("io.oomguard.Guard", "Subscribe"):
      _ = try request.parameters()
      guard request.wantsMore || request.isOneway else { throw .expectedMore }
      return .subscribe
    default:
      guard InterfaceDescription.of(interface) != nil else { throw .interfaceNotFound(String(interface)) }
      throw .methodNotFound(request.method)
    }
  }

  private func victims(in cgroup: String?) throws(Reply.Failure) -> Victims {
    do throws(Refusal) {
      return try Victims(in: cgroup, root: root, at: clock())
    } catch {
      throw .notAvailable(why: "\(error)")
    }
  }

  private func kills(_ parameters: [String: String]) throws(Reply.Failure) -> KillsAnswer {
    let now = clock()
    var selection = KillArchive.Selection()
    if let since = parameters["since"] {
      guard let moment = Moment.reading(since, at: now) else { throw .invalidParameter("since") }
      selection.since = moment
    }
    if let unit = parameters["unit"] {
      guard let filter = try? UnitFilter(unit) else { throw .invalidParameter("unit") }
      selection.unit = filter
    }
    return KillArchive(in: root, at: now).kills(selection, newest: Self.killLimit)
  }

  private struct Info: Encodable {
    var vendor = "oomguard"
    var product = "oomguard"
    var version = Release.version
    var url = "file:///usr/share/doc/oomguard/README.md"
    var interfaces = InterfaceDescription.names
  }
}
