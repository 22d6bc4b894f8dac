internal import GuardStatus

/// What a client gets, as bytes ended by a NUL. See https://varlink.org/Method-Call.
enum Reply {
  /// Why a call has no answer.
  enum Failure: Error, Equatable {
    case interfaceNotFound(String)
    case methodNotFound(String)
    case invalidParameter(String)
    /// A stream that was not asked for with `more`.
    case expectedMore
    case notAvailable(why: String)
  }

  static func bytes(_ parameters: some Encodable, continues: Bool = false) -> [UInt8] {
    message(Success(parameters: parameters, continues: continues))
  }

  static func bytes(_ failure: Failure) -> [UInt8] { message(failure) }

  private static func message(_ value: some Encodable) -> [UInt8] {
    // The one thing that JSON does not have, a number that is not finite, the values do not have either.
    guard var text = try? JSONWriter.bytes(of: value), text.last == UInt8(ascii: "\n") else { return [] }
    text[text.count - 1] = 0
    return text
  }

  private struct Success<Parameters: Encodable>: Encodable {
    var parameters: Parameters
    var continues: Bool

    private enum CodingKeys: String, CodingKey { case parameters, continues }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(parameters, forKey: .parameters)
      // Absent, not null: the standard knows the one and not the other.
      if continues { try container.encode(true, forKey: .continues) }
    }
  }
}

extension Reply.Failure: Encodable {
  private enum CodingKeys: String, CodingKey { case error, parameters }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    let (name, parameters): (String, [String: String]) =
      switch self {
      case .interfaceNotFound(let interface):
        ("org.varlink.service.InterfaceNotFound", ["interface": interface])
      case .methodNotFound(let method): ("org.varlink.service.MethodNotFound", ["method": method])
      case .invalidParameter(let parameter):
        ("org.varlink.service.InvalidParameter", ["parameter": parameter])
      case .expectedMore: ("org.varlink.service.ExpectedMore", [:])
      case .notAvailable(let why): ("io.oomguard.Guard.NotAvailable", ["why": why])
      }
    try container.encode(name, forKey: .error)
    try container.encode(parameters, forKey: .parameters)
  }
}
