/// One message of the kernel's log, without whatever its source wrote before it.
package struct KernelLine: Equatable, Sendable {
  /// Who printed it: `T123` a task, `C1` a processor outside task context. Kernels with CONFIG_PRINTK_CALLER say it.
  package enum Caller: Hashable, Sendable {
    case task(Int32)
    case processor(Int32)
  }

  /// Any bytes, a newline among them.
  package var text: ArraySlice<UInt8>
  /// The record's sequence number, where the source tells it.
  package var sequence: UInt64?
  /// When it was printed, in microseconds of the kernel's log clock (stops in suspend), where the source tells it.
  package var microseconds: UInt64?
  package var caller: Caller?

  package init(
    text: ArraySlice<UInt8>, sequence: UInt64? = nil, microseconds: UInt64? = nil, caller: Caller? = nil
  ) {
    (self.text, self.sequence, self.microseconds, self.caller) = (text, sequence, microseconds, caller)
  }
}

extension KernelLine.Caller {
  /// Reads `T123` or `C1`, blanks before it allowed.
  init?(_ text: ArraySlice<UInt8>) {
    var cursor = ByteCursor(text)
    cursor.skipBlanks()
    let kind = cursor.next
    cursor.rest = cursor.rest.dropFirst()
    guard let number = cursor.number(as: Int32.self), number >= 0, cursor.isAtEnd else { return nil }
    switch kind {
    case UInt8(ascii: "T"): self = .task(number)
    case UInt8(ascii: "C"): self = .processor(number)
    default: return nil
    }
  }
}
