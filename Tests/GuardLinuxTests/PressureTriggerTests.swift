import GuardCore
import Testing

@testable import GuardLinux

struct PressureTriggerTests {
  private static let hasPressure = RootDirectory().pressure != nil
  private func threshold(_ window: Duration) -> PressureSettings.Threshold {
    PressureSettings.Threshold(kind: .some, percent: 15, window: window)
  }

  @Test(.enabled(if: hasPressure, "this kernel has no PSI"))
  func theKernelTakesAWindowOfTwoSeconds() throws {
    let trigger = try PressureTrigger(threshold(.seconds(2)), in: RootDirectory())
    var loop = try EventLoop()
    try loop.watch(trigger.descriptor, for: .exceptional, token: 1)
    // A machine that is calm: what ends the wait is the alarm, and nothing says that the trigger failed.
    let alarm = try Alarm()
    try alarm.set(.zero)
    try loop.watch(alarm.descriptor, for: .readable, token: 2)
    #expect(try !loop.wait().contains { $0.token == 1 && !$0.readiness.isDisjoint(with: .failed) })
  }

  @Test(.enabled(if: hasPressure, "this kernel has no PSI"), arguments: [0, 499, 10_001])
  func aWindowOutsideTheKernelsBoundsIsAnInvalidArgument(milliseconds: Int) throws {
    let error = try #require(
      #expect(throws: SystemCallError.self) {
        _ = try PressureTrigger(threshold(.milliseconds(milliseconds)), in: RootDirectory())
      })
    #expect(error.isInvalidArgument)
  }

  @Test(.enabled(if: hasPressure, "this kernel has no PSI"))
  func otherWindowsNeedTheCapability() throws {
    let root = RootDirectory()
    let settings = threshold(.milliseconds(500))
    if try Capabilities.hasSysResource() {
      _ = try PressureTrigger(settings, in: root)
    } else {
      let error = try #require(
        #expect(throws: SystemCallError.self) { _ = try PressureTrigger(settings, in: root) })
      #expect(error.isInvalidArgument)
    }
  }

  @Test func withoutPressureItSaysWhatIsMissing() throws {
    #expect(
      throws: SystemCallError(call: "open", subject: "/nowhere/proc/pressure/memory", code: 2)
    ) { _ = try PressureTrigger(threshold(.seconds(2)), in: RootDirectory("/nowhere")) }
  }
}
