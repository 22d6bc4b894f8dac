/// `Kill process 1 (x) score 1 or sacrifice child`: a choice made known, not yet a kill.
///
/// The victim is told by the `Killed process` line and may be a child with another name. Printed by
/// Linux 2.6.16 to 5.0 (`… and children.`, `… or a child`, `… or sacrifice child`). Source: mm/oom_kill.c.
package struct OOMAnnouncement: Equatable, Sendable {
  package var pid: Int32
  package var comm: [UInt8]
  var limitKind: OOMKill.LimitKind?

  package init(pid: Int32, comm: [UInt8]) { (self.pid, self.comm) = (pid, comm) }

  init?(_ text: ArraySlice<UInt8>) {
    guard let mark = text.position(of: "Kill process ") ?? text.position(of: "kill process "),
      mark > text.startIndex, OOMKillLine.isReason(text[..<mark])
    else { return nil }
    var cursor = ByteCursor(text[(mark + 13)...])
    guard let pid = cursor.number(as: Int32.self), pid > 0, cursor.skip(" (") else { return nil }
    guard let end = cursor.rest.lastPosition(of: ") score ") else { return nil }
    (self.pid, comm) = (pid, Array(cursor.rest[..<end]))
    limitKind = OOMKill.LimitKind(text)
  }
}
