import GuardConfig
import GuardCore

func readConfig(_ input: [UInt8]) throws(Contradiction) {
  let file = ConfigFile(name: "x", bytes: input)
  func outcome() -> Result<Config, ConfigErrors> {
    Result { () throws(ConfigErrors) in try ConfigReader.read([file]) }
  }
  let first = outcome()
  try claim(outcome() == first, "a text says the same when it is read again")
  switch first {
  case .success(let config):
    let copy = ConfigCopy.files(in: ConfigCopy.text(of: [(name: file.name, bytes: input)]))
    try claim(copy?.map(\.name) == ["x"] && copy?.first?.bytes == input, "a copy has the file whole")
    for warning in config.warnings { try readMessage(warning.description, at: warning.position, in: input) }
  case .failure(let refusal):
    try claim(!refusal.errors.isEmpty, "a refusal has a reason")
    for error in refusal.errors { try readMessage(error.description, at: error.position, in: input) }
  }
}

/// One past the end of a line is a place, and one more for what the end of the file lacks.
private func readMessage(_ text: String, at position: SourcePosition, in input: [UInt8]) throws(Contradiction)
{
  let lines = input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  let longest = lines.map(\.count).max() ?? 0
  try claim((1...lines.count).contains(position.line), "'\(text)' names a line that there is")
  try claim((1...longest + 2).contains(position.column), "'\(text)' names a column that there is")
  try claim(text.utf8.printable == text, "'\(text)' does nothing to a terminal")
}

func readPatterns(_ input: [UInt8]) throws(Contradiction) {
  let line = input.prefix { $0 != UInt8(ascii: "\n") }
  let text = input.dropFirst(line.count + 1)
  let pattern = String(decoding: line, as: UTF8.self)
  if let expression = try? RegularExpression(pattern) { _ = expression.matches(text) }
  for kind in [Glob.Kind.name, .path] {
    guard let glob = try? Glob(pattern, as: kind) else { continue }
    let isMatch = glob.matches(text)
    try claim(!isMatch || text.count >= glob.fewestBytes, "no text is shorter than the shortest")
    try claim(
      !glob.isLiteral || isMatch == text.elementsEqual(pattern.utf8),
      "without wildcards a pattern matches itself alone")
  }
}
