import Foundation

/// What Foundation has no words for: names that are bytes, and files that are not regular.
extension TemporaryRoot {
  private func terminated(_ name: [UInt8]) -> [CChar] {
    (path.utf8 + [UInt8(ascii: "/")] + name + [0]).map { CChar(bitPattern: $0) }
  }

  private func check(_ result: CInt) throws {
    guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EINVAL) }
  }

  /// The folder it lies in must be there.
  package func write(_ text: String, toBytes name: [UInt8]) throws {
    let number = unsafe creat(terminated(name), 0o644)
    try FileHandle(fileDescriptor: number, closeOnDealloc: true).write(contentsOf: Data(text.utf8))
  }

  package func makeDirectory(bytes name: [UInt8]) throws { try check(unsafe mkdir(terminated(name), 0o755)) }
  package func makeFIFO(_ name: String) throws {
    try check(unsafe mkfifo(terminated(Array(name.utf8)), 0o600))
  }

  package func giveAway(_ name: String, to user: UInt32) throws {
    try check(unsafe chown(terminated(Array(name.utf8)), user, 0))
  }

  package func link(_ name: String, to target: String) throws {
    let full = "\(path)/\(name)"
    let parent = (full as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: full, withDestinationPath: target)
  }

  package func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }

  package func mode(of name: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.posixPermissions] as? Int
  }

  /// Runs `body` while folders are nested below `name` deeper than any path reaches.
  package func withAbyss(below name: String, _ body: () throws -> Void) throws {
    let folder = String(repeating: "d", count: 250)
    var levels = [unsafe open("\(path)/\(name)", O_RDONLY | O_DIRECTORY)]
    defer {
      for level in levels.dropLast().reversed() { unsafe unlinkat(level, folder, CInt(AT_REMOVEDIR)) }
      for level in levels { close(level) }
    }
    while levels.count * 250 < 2 * Int(PATH_MAX), let last = levels.last {
      try check(unsafe mkdirat(last, folder, 0o755))
      levels.append(unsafe openat(last, folder, O_RDONLY | O_DIRECTORY))
    }
    try body()
  }
}
