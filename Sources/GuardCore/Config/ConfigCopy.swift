/// All files of a configuration in one, as the daemon keeps the last that was good.
///
/// ```
/// # file 512 18 /etc/oomguard.conf      the lengths of its text and of its name in bytes, then the text
/// …
/// # end
/// ```
/// Each file stands there whole, so what is found in it later has the line and column of the original.
package enum ConfigCopy {
  private static let preamble = """
    # The last configuration that oomguardd found good: in force when it starts and finds a broken one.
    # Written by oomguardd; what is changed here is lost.

    """
  private static let end = "# end\n"

  package static func text(of files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    var text = Array(preamble.utf8)
    for file in files {
      text += "# file \(file.bytes.count) \(file.name.utf8.count) \(file.name)\n".utf8
      text += file.bytes
      text.append(UInt8(ascii: "\n"))
    }
    return text + end.utf8
  }

  /// - Returns: `nil` for a text that is torn, or none of ours.
  package static func files(in text: [UInt8]) -> [(name: String, bytes: [UInt8])]? {
    guard text.starts(with: preamble.utf8) else { return nil }
    var cursor = ByteCursor(text.dropFirst(preamble.utf8.count))
    var files: [(name: String, bytes: [UInt8])] = []
    while cursor.skip("# file ") {
      guard let length = cursor.number(as: Int.self), cursor.skip(" "), length >= 0,
        let nameLength = cursor.number(as: Int.self), cursor.skip(" "), nameLength >= 0,
        let name = cursor.take(nameLength).flatMap({ String(validating: $0, as: UTF8.self) }),
        cursor.skip("\n"),
        let bytes = cursor.take(length), cursor.skip("\n")
      else { return nil }
      files.append((name, Array(bytes)))
    }
    return cursor.rest.elementsEqual(end.utf8) ? files : nil
  }
}
