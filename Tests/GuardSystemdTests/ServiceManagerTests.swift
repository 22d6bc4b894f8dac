import GuardTestSupport
import Testing

@testable import GuardSystemd

struct ServiceManagerTests {
  @Test func itTellsInTheWordsOfSdNotify() throws {
    let temporary = try TemporaryRoot()
    let reader = try BoundSocket("\(temporary.path)/notify")
    var manager = ServiceManager(notifying: "\(temporary.path)/notify")
    manager.ready(at: .zero)
    manager.reloading(monotonic: .microseconds(1_234_567), at: .zero)
    manager.watchdog(at: .zero)
    manager.status("protecting 14 processes", at: .zero)
    manager.status("protecting 14 processes", at: .zero)
    manager.status("protecting 15 processes", at: .zero)
    manager.stopping(at: .zero)
    #expect(
      reader.receiveAll().map { String(decoding: $0, as: UTF8.self) } == [
        "READY=1\n", "RELOADING=1\nMONOTONIC_USEC=1234567\n", "WATCHDOG=1\n",
        "STATUS=protecting 14 processes\n", "STATUS=protecting 15 processes\n", "STOPPING=1\n",
      ])
    #expect(manager.unsent == 0 && manager.retryAt == nil)
  }

  @Test func aManagerThatIsSlowHearsOfItLater() throws {
    let temporary = try TemporaryRoot()
    var manager = ServiceManager(notifying: "\(temporary.path)/notify")
    manager.ready(at: .zero)
    #expect(manager.retryAt == .milliseconds(50))
    let reader = try BoundSocket("\(temporary.path)/notify")
    manager.flush(at: .milliseconds(50))
    #expect(reader.receiveAll() == [Array("READY=1\n".utf8)])
  }

  @Test func whereNobodyAskedNothingIsSaid() {
    var manager = ServiceManager(notifying: nil)
    manager.ready(at: .zero)
    manager.status("x", at: .zero)
    manager.flush(at: .zero)
    #expect(manager.unsent == 0 && manager.retryAt == nil)
  }
}
