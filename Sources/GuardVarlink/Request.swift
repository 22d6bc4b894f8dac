internal import FoundationEssentials

/// One call of a client. See https://varlink.org/Method-Call.
struct Request {
  /// `INTERFACE.METHOD`.
  let method: String
  let wantsMore: Bool
  /// The client does not wait for a reply and must not get one.
  let isOneway: Bool
  private let bytes: Data

  private struct Envelope: Decodable {
    var method: String
    var more, oneway, upgrade: Bool?
  }

  /// - Returns: `nil` for what is no call at all; there is no answer to that.
  init?(_ text: [UInt8]) {
    bytes = Data(text)
    guard let envelope = try? JSONDecoder().decode(Envelope.self, from: bytes), envelope.upgrade != true
    else {
      return nil
    }
    (method, wantsMore, isOneway) = (envelope.method, envelope.more ?? false, envelope.oneway ?? false)
  }

  /// The part of `method` before its last dot, and that behind it.
  var interfaceAndName: (interface: Substring, name: Substring) {
    guard let dot = method.lastIndex(of: ".") else { return ("", method[...]) }
    return (method[..<dot], method[method.index(after: dot)...])
  }

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue _: Int) { nil }
  }

  /// All parameters of oomguard's methods are texts.
  private struct Call: Decodable {
    var parameters: Parameters?

    struct Parameters: Decodable {
      var texts: [String: String?] = [:]

      init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for key in container.allKeys {
          texts[key.stringValue] = .some(try container.decodeIfPresent(String.self, forKey: key))
        }
      }
    }
  }

  /// The parameters, of which `names` may be given; `null` is the same as absent.
  ///
  /// - Throws: ``Reply/Failure`` naming one that is not known or no text.
  func parameters(_ names: String...) throws(Reply.Failure) -> [String: String] {
    let texts: [String: String?]
    do {
      texts = try JSONDecoder().decode(Call.self, from: bytes).parameters?.texts ?? [:]
    } catch {
      let name = (error as? DecodingError)?.parameter
      throw .invalidParameter(name ?? "parameters")
    }
    // In order, so that the same call gets the same answer.
    if let unknown = texts.keys.filter({ !names.contains($0) }).min() { throw .invalidParameter(unknown) }
    return texts.compactMapValues(\.self)
  }
}

extension DecodingError {
  /// The parameter it is about: `parameters.NAME`.
  fileprivate var parameter: String? {
    switch self {
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context),
      .keyNotFound(_, let context):
      context.codingPath.dropFirst().first?.stringValue
    @unknown default: nil
    }
  }
}
