/// A parser of text that strangers may choose, with what must hold of every input, whatever it is.
///
/// `make fuzz` has libFuzzer look for inputs that break it; `make test` tries those kept in `Tests/Fuzz/corpus`.
package enum FuzzTarget: String, CaseIterable, Sendable {
  /// Records of /dev/kmsg, one a line, as the daemon reads them.
  case kernelLog = "kernel-log"
  /// Any text that may hold a kernel's log, as `oomguardctl parse` reads it.
  case logText = "log-text"
  /// A configuration's TOML.
  case config
  /// A pattern, and behind its line the text it is looked for in.
  case patterns
  /// Files of /proc and /etc.
  case processTexts = "process-texts"
  /// What a daemon left in /run/oomguard/state.
  case state
  /// What a client sends to oomguard-varlink, behind a byte that says how much of it comes at once.
  case requests

  /// - Throws: what cannot be right about the outcome. A trap would be the end of the program that reads.
  package func read(_ input: [UInt8]) throws(Contradiction) {
    switch self {
    case .kernelLog: try readKernelLog(input)
    case .logText: try readLogText(input)
    case .config: try readConfig(input)
    case .patterns: try readPatterns(input)
    case .processTexts: try readProcessTexts(input)
    case .state: try readState(input)
    case .requests: try readRequests(input)
    }
  }
}

/// Two statements about one input that cannot both be true.
package struct Contradiction: Error, CustomStringConvertible {
  package var description: String
}

func claim(_ isTrue: Bool, _ statement: @autoclosure () -> String) throws(Contradiction) {
  if !isTrue { throw Contradiction(description: "not so: \(statement())") }
}

/// The input in pieces, whose lengths its own bytes choose: where a text is cut says nothing about it.
func pieces(of input: [UInt8]) -> [ArraySlice<UInt8>] {
  var pieces: [ArraySlice<UInt8>] = []
  var rest = input[...]
  while let first = rest.first {
    pieces.append(rest.prefix(1 + Int(first)))
    rest = rest.dropFirst(1 + Int(first))
  }
  return pieces
}
