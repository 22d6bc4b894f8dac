import FoundationEssentials
import GuardLinux
import GuardStatus
import GuardVarlink

/// What any reply is, as far as a client reads it before it knows what it asked.
private struct AnyReply: Decodable {
  struct Parameters: Decodable {}
  var error: String?
  var parameters: Parameters
}

/// Over a root in which there is nothing to tell of.
private func service() -> Service {
  Service(in: RootDirectory("/nowhere")) { Timestamp(seconds: 1_777_892_400) }
}

func readRequests(_ input: [UInt8]) throws(Contradiction) {
  guard let size = input.first else { return }
  let sent = input.dropFirst()
  var (buffer, rest) = (RequestBuffer(), sent)
  var requests: [[UInt8]] = []
  while !rest.isEmpty {
    let piece = rest.prefix(Int(size) + 1)
    rest = rest.dropFirst(piece.count)
    guard buffer.append(Array(piece)) else { return }
    while let request = buffer.take() { requests.append(request) }
  }
  let whole = sent.split(separator: 0, omittingEmptySubsequences: false).dropLast()
  try claim(requests.elementsEqual(whole) { $0.elementsEqual($1) }, "no request is lost or cut")
  let service = service()
  for request in requests {
    let outcome = service.outcome(of: request)
    try claim(service.outcome(of: request) == outcome, "a request is answered alike when it comes again")
    guard case .reply(let bytes) = outcome else { continue }
    try claim(bytes.last == 0 && !bytes.dropLast().contains(0), "a reply ends with its only NUL")
    let reply = try? JSONDecoder().decode(AnyReply.self, from: Data(bytes.dropLast()))
    try claim(reply != nil, "a reply is JSON with parameters")
    try claim(reply?.error?.contains(".") ?? true, "an error has the name of its interface")
  }
}
