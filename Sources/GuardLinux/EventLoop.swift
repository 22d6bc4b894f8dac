internal import CLinux
internal import Glibc

/// Waits for whatever happens first. See epoll(7).
@safe package struct EventLoop: ~Copyable {
  package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let readable = Readiness(rawValue: CLINUX_EPOLLIN)
    package static let writable = Readiness(rawValue: CLINUX_EPOLLOUT)
    /// Out-of-band: a PSI trigger fired, a kernfs file changed.
    package static let exceptional = Readiness(rawValue: CLINUX_EPOLLPRI)
    package static let failed = Readiness(rawValue: CLINUX_EPOLLERR | CLINUX_EPOLLHUP)
  }

  private let epoll: OwnedDescriptor
  private var events = unsafe [epoll_event](repeating: epoll_event(), count: 16)

  package init() throws(SystemCallError) {
    let number = try SystemCallError.check("epoll_create1", "epoll") { epoll_create1(CLINUX_EPOLL_CLOEXEC) }
    epoll = OwnedDescriptor(number: number, path: "epoll")
  }

  /// From now on ``wait()`` tells of `descriptor` by `token`, until it is closed.
  package borrowing func watch(
    _ descriptor: borrowing OwnedDescriptor, for readiness: Readiness, token: UInt64
  ) throws(SystemCallError) {
    _ = try SystemCallError.check("epoll_ctl", descriptor.path) {
      clinux_epoll_add(epoll.number, descriptor.number, readiness.rawValue, token)
    }
  }

  /// The same for a descriptor that a library owns, which closes it.
  package borrowing func watch(
    number: CInt, for readiness: Readiness, token: UInt64
  ) throws(SystemCallError) {
    _ = try SystemCallError.check("epoll_ctl", "descriptor \(number)") {
      let added = clinux_epoll_add(epoll.number, number, readiness.rawValue, token)
      return added == -1 && errno == EEXIST
        ? clinux_epoll_modify(epoll.number, number, readiness.rawValue, token) : added
    }
  }

  package borrowing func change(
    _ descriptor: borrowing OwnedDescriptor, to readiness: Readiness, token: UInt64
  ) throws(SystemCallError) {
    _ = try SystemCallError.check("epoll_ctl", descriptor.path) {
      clinux_epoll_modify(epoll.number, descriptor.number, readiness.rawValue, token)
    }
  }

  /// Sleeps until something happened.
  package mutating func wait() throws(SystemCallError) -> [(token: UInt64, readiness: Readiness)] {
    let count = try SystemCallError.check("epoll_wait", "epoll") {
      unsafe epoll_wait(epoll.number, &events, CInt(events.count), -1)
    }
    return unsafe events.prefix(Int(count)).map { event in
      var event = unsafe event
      return unsafe (clinux_epoll_token(&event), Readiness(rawValue: event.events))
    }
  }
}
