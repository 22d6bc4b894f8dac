import Foundation
import GuardTestSupport
import Testing

@testable import GuardLinux

struct ProcessEventsTests {
  private static let whyNone: String? = {
    do throws(SystemCallError) {
      var interest = ProcessEvents.Interest()
      interest.execs = true
      _ = try ProcessEvents(interest)
      return nil
    } catch {
      return "no process connector here: \(error)"
    }
  }()

  /// What comes until `child` has ended and been told of nowhere else.
  private func events(_ events: borrowing ProcessEvents) throws -> [ProcessEvents.Event] {
    var all: [ProcessEvents.Event] = []
    while let event = try events.next() { all.append(event) }
    return all
  }

  @Test(
    .enabled(if: whyNone == nil, Comment(rawValue: whyNone ?? "")),
    arguments: [1, 2, 250, 251, 500, 3999, 4000, 4001])
  func theForksOfEachParentAreToldAndOfNobodyElse(count: Int) throws {
    // The first, the last, and one in between; the others are pids that nobody has.
    let parents = try [ChildProcess("/bin/sh", ["-s"]), ChildProcess("/bin/sh", ["-s"])]
    let stranger = try ChildProcess("/bin/sh", ["-s"])
    for shell in parents + [stranger] { _ = try shell.echo("echo ready") }
    let pids = parents.map(\.pid).prefix(count)
    var interest = ProcessEvents.Interest()
    interest.forkParents = Set(pids)
    var other = Int32.max
    while interest.forkParents.count < count {
      interest.forkParents.insert(other)
      other = other > 1 << 30 ? other - 1 : other
      if interest.forkParents.count < count, interest.forkParents.count % 2 == 0 {
        interest.forkParents.insert(-other)
      }
    }
    let told = try ProcessEvents(interest)
    _ = try events(told)
    for shell in parents + [stranger] { #expect(try shell.echo("/bin/echo forked").contains("forked")) }
    let forks = try events(told).compactMap { event in
      if case .fork(let parent, _) = event { parent } else { nil }
    }
    #expect(Set(forks).isSuperset(of: pids))
    // Beyond the limit all are told: too much, and never too little.
    if count <= ProcessEvents.forkParentLimit { #expect(!forks.contains(stranger.pid)) }
    #expect(ProcessEvents.program(interest).count <= 4096)
  }
}
