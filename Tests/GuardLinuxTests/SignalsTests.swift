import Foundation
import GuardLinux
import Testing

struct SignalsTests {
  @Test func signalsOfThisThreadWaitInTheDescriptor() throws {
    var before = sigset_t()
    unsafe pthread_sigmask(SIG_BLOCK, nil, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    let signals = try Signals([.hangup, .interrupt, .user1, .terminate])
    #expect(try signals.take() == [])
    // To this thread and not to the process, whose other threads have not blocked them.
    for signal in [SIGTERM, SIGHUP, SIGUSR1, SIGHUP] { raise(signal) }
    var loop = try EventLoop()
    try loop.watch(signals.descriptor, for: .readable, token: 1)
    #expect(try loop.wait().map(\.token) == [1])
    // Each waits once, however often it was sent; the lowest number comes first.
    #expect(try signals.take() == [.hangup, .user1, .terminate])
    #expect(try signals.take() == [])
    raise(SIGINT)
    #expect(try signals.take() == [.interrupt])
  }
}
