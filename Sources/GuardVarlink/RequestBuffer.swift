/// Bytes of a client on their way to be requests: each ends with a NUL byte.
package struct RequestBuffer {
  /// The longest request, its NUL included.
  static let limit = 65_536

  package init() {}

  private var bytes: [UInt8] = []
  /// Requests before it have been taken.
  private var start = 0
  /// Before it there is no NUL behind `start`.
  private var searched = 0
  /// The end of the next request.
  private var end: Int?

  /// - Returns: `false` if what has come so far is too long for a request.
  package mutating func append(_ piece: [UInt8]) -> Bool {
    // What was taken makes room, all at once.
    bytes.removeFirst(start)
    (searched, start) = (searched - start, 0)
    end = nil
    bytes += piece
    search()
    return end != nil || bytes.count < Self.limit
  }

  private mutating func search() {
    end = bytes[searched...].firstIndex(of: 0)
    searched = end ?? bytes.count
  }

  /// Whether a request has come whole.
  var isReady: Bool { end != nil }
  /// Whether a request has begun and its end has not come.
  var isUnfinished: Bool { end == nil && start < bytes.count }

  /// The next request, without its NUL; `nil` if none has come whole.
  package mutating func take() -> [UInt8]? {
    guard let end else { return nil }
    let request = Array(bytes[start..<end])
    (start, searched) = (end + 1, end + 1)
    search()
    return request
  }
}
