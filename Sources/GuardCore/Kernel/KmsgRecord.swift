/// One record as read(2) on `/dev/kmsg` gives it: `priority,sequence,microseconds,flags[,more];text`.
///
/// The ` KEY=value` lines after the text are left out. Source: Documentation/ABI/testing/dev-kmsg,
/// kernel/printk/printk.c: info_print_ext_header, msg_add_ext_text.
package struct KmsgRecord: Equatable, Sendable {
  /// 0 (emergency) to 7 (debug).
  package var level: UInt8
  /// 0 is the kernel; text that a program wrote to `/dev/kmsg` never carries it.
  package var facility: UInt64
  /// Counts records since boot. A gap means that records were overwritten before they were read.
  package var sequence: UInt64
  /// Microseconds of the kernel's log clock, which stops in suspend.
  package var microseconds: UInt64
  /// Whether the kernel thinks this is a piece of a line; its documentation warns that it may err.
  package var isFragment: Bool
  /// Since Linux 5.1, where the kernel was built with CONFIG_PRINTK_CALLER.
  package var caller: KernelLine.Caller?
  /// With the kernel's `\xNN` undone: any bytes, a newline among them.
  package var text: ArraySlice<UInt8>

  /// What a reader of a flood asks of most records: whose it is, and whether one is missing before it.
  package struct Head: Equatable, Sendable {
    package var priority, sequence, microseconds: UInt64

    package var isFromKernel: Bool { priority >> 3 == 0 }

    /// - Returns: `nil` where ``KmsgRecord`` would be refused, too.
    package init?(_ record: ArraySlice<UInt8>) {
      var position = record.startIndex
      func number(endedBy stops: (UInt8, UInt8)) -> UInt64? {
        let start = position
        var value: UInt64 = 0
        while position < record.endIndex, record[position].isDigit {
          let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
          let (next, hasCarried) = tens.addingReportingOverflow(UInt64(record[position] &- UInt8(ascii: "0")))
          if isTooLarge || hasCarried { return nil }
          value = next
          position += 1
        }
        guard position > start, position < record.endIndex,
          record[position] == stops.0 || record[position] == stops.1
        else { return nil }
        position += 1
        return value
      }
      let (comma, semicolon) = (UInt8(ascii: ","), UInt8(ascii: ";"))
      guard let priority = number(endedBy: (comma, comma)), let sequence = number(endedBy: (comma, comma)),
        let microseconds = number(endedBy: (comma, semicolon))
      else { return nil }
      (self.priority, self.sequence, self.microseconds) = (priority, sequence, microseconds)
    }
  }

  /// - Throws: ``KernelTextError`` naming the first field that is absent or not a number.
  package init(_ record: ArraySlice<UInt8>) throws(KernelTextError) {
    guard let semicolon = record.firstIndex(of: UInt8(ascii: ";")) else { throw .init(missing: "text") }
    var cursor = ByteCursor(record[..<semicolon])
    let comma: StaticString = ","
    guard let priority = cursor.number(as: UInt64.self), cursor.skip(comma) else {
      throw .init(missing: "priority")
    }
    guard let sequence = cursor.number(as: UInt64.self), cursor.skip(comma) else {
      throw .init(missing: "sequence")
    }
    guard let time = cursor.number(as: UInt64.self) else { throw .init(missing: "timestamp") }
    // Linux 3.4 and older wrote no flags.
    let hasFlags = cursor.skip(",")
    isFragment = hasFlags && (cursor.next == UInt8(ascii: "c") || cursor.next == UInt8(ascii: "+"))
    caller = cursor.rest.position(of: ",caller=").flatMap { position in
      let value = cursor.rest[(position + 8)...]
      return KernelLine.Caller(value.firstIndex(of: UInt8(ascii: ",")).map { value[..<$0] } ?? value)
    }
    (level, facility) = (UInt8(priority & 7), priority >> 3)
    (self.sequence, microseconds) = (sequence, time)
    let text = record[(semicolon + 1)...]
    self.text = Self.unescaped(text.firstIndex(of: UInt8(ascii: "\n")).map { text[..<$0] } ?? text)
  }

  package init(_ record: [UInt8]) throws(KernelTextError) { try self.init(record[...]) }

  package var isFromKernel: Bool { facility == 0 }

  /// For those who read the log as a whole. Ask ``isFromKernel`` first.
  package var line: KernelLine {
    KernelLine(text: text, sequence: sequence, microseconds: microseconds, caller: caller)
  }

  /// The kernel writes bytes outside 32…126 and the backslash itself as `\xNN`.
  private static func unescaped(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let backslash = UInt8(ascii: "\\")
    guard var position = text.firstIndex(of: backslash) else { return text }
    var plain = Array(text[..<position])
    plain.reserveCapacity(text.count)
    while position < text.endIndex {
      let byte = text[position]
      if byte == backslash, text.endIndex - position >= 4, text[position + 1] == UInt8(ascii: "x"),
        let high = text[position + 2].hexValue, let low = text[position + 3].hexValue
      {
        plain.append(high << 4 | low)
        position += 4
      } else {
        plain.append(byte)
        position += 1
      }
    }
    return plain[...]
  }
}
