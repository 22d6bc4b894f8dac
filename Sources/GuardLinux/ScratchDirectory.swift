internal import Glibc

/// A directory that nobody else has: mkdtemp(3).
package enum ScratchDirectory {
  package static func make(in directory: String) throws(SystemCallError) -> String {
    var template = "\(directory)/oomguard-XXXXXX".utf8CString.map { $0 }
    guard unsafe mkdtemp(&template) != nil else {
      throw SystemCallError(call: "mkdtemp", subject: directory, code: errno)
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// It has to be empty by then.
  package static func remove(_ path: String) { unsafe rmdir(path) }
}
