import Foundation

/// The files of `Tests/Fixtures`, and of `shared/` beside the repository where it is present.
package enum Fixture {
  private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()

  package static func path(_ name: String) -> String { tests.appendingPathComponent("Fixtures/\(name)").path }

  package static func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  /// A folder of reference material kept beside the checkout; `nil` where it is absent.
  package static func shared(_ name: String) -> String? {
    let path = tests.deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
      "shared/\(name)"
    ).path
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }
}
