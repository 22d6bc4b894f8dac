import Foundation
import GuardTestSupport
import Testing

/// The manuals and the README, held against the programs of this build by `Tests/Documents/check`.
struct DocumentTests {
  private static let tools = ["/usr/bin/python3", "/usr/bin/man"]
  private static let top = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  @Test(
    .enabled(
      if: tools.allSatisfy(FileManager.default.isExecutableFile), "needs python3 and man (man-db)"))
  func everyExampleHoldsAndTheManualsTellOfEveryOption() throws {
    let check = Self.top.appendingPathComponent("Tests/Documents/check").path
    let daemon = BuiltClient.program.deletingLastPathComponent().appendingPathComponent("oomguardd")
    let child = try ChildProcess(check, [BuiltClient.program.path, daemon.path])
    let (output, status) = child.end()
    #expect(status == 0, "\(output)")
  }
}
