import Foundation

/// A directory shaped like `/`, removed when the test lets go of it.
package final class TemporaryRoot {
  package let path: String

  package init() throws {
    path = NSTemporaryDirectory() + "oomguard-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes `bytes` to `name` below the root, with the directories it needs.
  package func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
    let full = "\(path)/\(name)"
    let parent = (full as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: full))
  }

  package func write(_ text: String, to name: String) throws { try write(text.utf8, to: name) }

  package func text(of name: String) throws -> String {
    try String(decoding: Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")), as: UTF8.self)
  }
}
