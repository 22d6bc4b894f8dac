/// Texts of `name value` lines, as in /proc/meminfo, /proc/vmstat and memory.stat: the fields that are asked for.
///
/// A name is compared up to a colon or blank behind it; the value is the first number after that. Lines of
/// another shape are skipped; of a repeated name the first with a number counts. What is absent is `nil`.
struct KernelFields {
  private var values: [[UInt8]: UInt64] = [:]

  init(_ text: ArraySlice<UInt8>) {
    for line in text.split(separator: UInt8(ascii: "\n")) {
      guard let end = line.firstIndex(where: { $0 == UInt8(ascii: ":") || $0.isBlank }) else { continue }
      let words = line[(end + 1)...].split(maxSplits: 1) { $0.isBlank }
      guard let first = words.first, let value = UInt64(ascii: first) else { continue }
      let name = Array(line[..<end])
      if values[name] == nil { values[name] = value }
    }
  }

  /// One field alone, without taking the others apart: for texts that are read again and again.
  static func value(of name: StaticString, in text: ArraySlice<UInt8>) -> UInt64? {
    var rest = text
    while !rest.isEmpty {
      let line = rest.prefix { $0 != UInt8(ascii: "\n") }
      rest = rest[line.endIndex...].dropFirst()
      let behind = line.dropFirst(name.utf8CodeUnitCount)
      guard line.starts(with: name), let mark = behind.first, mark == UInt8(ascii: ":") || mark.isBlank else {
        continue
      }
      let word = behind.dropFirst().drop { $0.isBlank }.prefix { !$0.isBlank }
      if let value = UInt64(ascii: word) { return value }
    }
    return nil
  }

  subscript(_ name: String) -> UInt64? { values[Array(name.utf8)] }
  var isEmpty: Bool { values.isEmpty }

  func sum(where isWanted: ([UInt8]) -> Bool) -> UInt64? {
    let wanted = values.filter { isWanted($0.key) }
    return wanted.isEmpty ? nil : wanted.values.reduce(0) { $0 &+ $1 }
  }
}
