internal import CLinux
internal import Glibc

extension StandardStream {
  package enum Waking: Equatable, Sendable {
    case readable
    /// Nobody reads this stream any more.
    case abandoned
  }

  /// Sleeps until a descriptor can be read, or there is nobody left to write for. See poll(2).
  package func waiting(forInput number: CInt) throws(SystemCallError) -> Waking {
    var wanted = [
      pollfd(fd: number, events: Int16(POLLIN), revents: 0),
      // No events are asked for: an error is told in any case.
      pollfd(fd: rawValue, events: 0, revents: 0),
    ]
    _ = try SystemCallError.check("poll", "standard \(self)") { unsafe poll(&wanted, 2, -1) }
    let isOpen = wanted[1].revents & Int16(POLLERR | POLLHUP | POLLNVAL) == 0
    return isOpen ? .readable : .abandoned
  }
}
