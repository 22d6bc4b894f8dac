import Foundation
import GuardCore
import Testing

struct EventKindTests {
  private static let identifiers = EventKind.allCases.map(\.messageID.description)

  @Test func eachHasAMessageIDOfItsOwn() {
    #expect(Set(Self.identifiers).count == EventKind.allCases.count)
    for identifier in Self.identifiers {
      #expect(
        identifier.utf8.count == 32 && identifier.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) })
    }
  }

  @Test func theCatalogueExplainsEachOnceAndNothingElse() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("packaging/catalog/oomguard.catalog")
    let entries = try String(contentsOf: path, encoding: .utf8).components(separatedBy: "\n-- ").dropFirst()
    #expect(entries.map { String($0.prefix { $0 != "\n" }) }.sorted() == Self.identifiers.sorted())
    for entry in entries {
      let lines = entry.components(separatedBy: "\n")
      #expect(lines.count > 4 && lines[1].hasPrefix("Subject: ") && lines[2] == "Defined-By: oomguard")
      #expect(lines.contains { $0.hasPrefix("What to do next: ") })
    }
  }
}
