internal import CLinux
internal import Glibc

/// Where the client answers and complains. It waits for a slow reader, as any program in a pipe does; the
/// daemon, which must not, has ``StandardError``.
package enum StandardStream: CInt, Sendable {
  case output = 1
  case error = 2

  /// Columns of the terminal; 0 if it does not say, `nil` if this is no terminal.
  package var terminalColumns: Int? {
    isatty(rawValue) == 1 ? Int(clinux_terminal_columns(rawValue)) : nil
  }

  /// Writes all of it. See write(2).
  package func write(_ text: some Sequence<UInt8>) throws(SystemCallError) {
    var rest = Array(text)[...]
    while !rest.isEmpty {
      let written = try SystemCallError.check("write", "standard \(self)") {
        unsafe rest.withUnsafeBytes { unsafe Glibc.write(rawValue, $0.baseAddress, $0.count) }
      }
      rest = rest.dropFirst(written)
    }
  }
}
