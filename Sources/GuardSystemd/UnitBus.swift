internal import CSystemd
internal import Glibc
internal import GuardLinux

/// Asks PID 1 about units over its own D-Bus API, without ever waiting for it.
/// Source: org.freedesktop.systemd1(5); sd-bus(3).
@safe package final class UnitBus {
  /// A property as it was answered; what oomguard asks for is one of these.
  package enum Value: Equatable, Sendable {
    case text(String)
    case number(UInt32)
  }

  /// The D-Bus types of the properties oomguard asks for.
  package enum Kind: String, Sendable {
    case text = "s"
    case number = "u"
    /// A job's number and path, of which the number is told; 0 where there is none.
    case job = "(uo)"
  }

  @safe private final class Request {
    /// Gets the answer, which may be an error; `nil` where none came.
    let answered: (OpaquePointer?) -> Void
    unowned let bus: UnitBus

    init(bus: UnitBus, answered: @escaping (OpaquePointer?) -> Void) {
      self.bus = bus
      unsafe self.answered = answered
    }
  }

  static let service = "org.freedesktop.systemd1"
  /// PID 1's own socket for root: works without a message bus, also while that one restarts.
  private static let privateAddress = "unix:path=/run/systemd/private"
  private static let timeoutMicroseconds: UInt64 = 5_000_000

  private(set) var bus: OpaquePointer?
  private var requests: [ObjectIdentifier: Request] = [:]
  private var changed: Set<[UInt8]> = []

  /// - Returns: `nil` where PID 1 cannot be reached.
  package init?() {
    guard unsafe Self.opened(&bus, privateSocket: true) || Self.opened(&bus, privateSocket: false) else {
      return nil
    }
    unsafe sd_bus_add_filter(
      bus, nil, { message, userdata, _ in unsafe UnitBus.heard(message, userdata) },
      Unmanaged.passUnretained(self).toOpaque())
  }

  deinit { unsafe sd_bus_close_unref(bus) }

  static func opened(_ bus: inout OpaquePointer?, privateSocket: Bool) -> Bool {
    guard privateSocket else { return unsafe sd_bus_open_system(&bus) >= 0 }
    guard unsafe sd_bus_new(&bus) >= 0 else { return false }
    if unsafe sd_bus_set_address(bus, privateAddress) >= 0, unsafe sd_bus_start(bus) >= 0 { return true }
    unsafe bus = sd_bus_unref(bus)
    return false
  }

  /// For the loop: it is to be watched for this, and ``process()`` called when ready or at ``deadline``.
  package var descriptorNumber: CInt { unsafe sd_bus_get_fd(bus) }
  package var wantsToWrite: Bool { unsafe sd_bus_get_events(bus) & 4 != 0 }
  package var isIdle: Bool { requests.isEmpty }

  /// Reads one property of a unit. `reply` gets `nil` if PID 1 does not know it, or does not answer in 5 s.
  package func ask(
    _ property: String, of interface: String, unit: String, as kind: Kind, reply: @escaping (Value?) -> Void
  ) {
    var path: UnsafeMutablePointer<CChar>?
    guard unsafe sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path) >= 0,
      let path = unsafe path
    else {
      return reply(nil)
    }
    defer { unsafe free(path) }
    unsafe ask(property, of: "\(Self.service).\(interface)", at: path, as: kind, reply: reply)
  }

  /// The kind of the job that waits or runs for a unit, as `restart`; `nil` if there is none.
  package func askJob(of unit: String, reply: @escaping (String?) -> Void) {
    ask("Job", of: "Unit", unit: unit, as: .job) { [self] job in
      guard case .number(let number) = job, number != 0 else { return reply(nil) }
      unsafe ask(
        "JobType", of: "\(Self.service).Job", at: "/org/freedesktop/systemd1/job/\(number)", as: .text
      ) { type in
        guard case .text(let type) = type else { return reply(nil) }
        reply(type)
      }
    }
  }

  private func ask(
    _ property: String, of interface: String, at path: UnsafePointer<CChar>, as kind: Kind,
    reply: @escaping (Value?) -> Void
  ) {
    var message: OpaquePointer?
    let properties = "org.freedesktop.DBus.Properties"
    guard unsafe sd_bus_message_new_method_call(bus, &message, Self.service, path, properties, "Get") >= 0
    else {
      return reply(nil)
    }
    defer { unsafe sd_bus_message_unref(message) }
    let string = CChar(UInt8(ascii: "s"))
    guard unsafe interface.withCString({ unsafe sd_bus_message_append_basic(message, string, $0) }) >= 0,
      unsafe property.withCString({ unsafe sd_bus_message_append_basic(message, string, $0) }) >= 0,
      unsafe send(message, answered: { unsafe reply(UnitBus.value(in: $0, as: kind)) })
    else { return reply(nil) }
  }

  /// Sends a call, whose answer is taken by ``process()``.
  ///
  /// - Returns: `false` if it could not be sent; then there is no answer.
  func send(_ message: OpaquePointer?, answered: @escaping (OpaquePointer?) -> Void) -> Bool {
    let request = unsafe Request(bus: self, answered: answered)
    guard
      unsafe sd_bus_call_async(
        bus, nil, message, { message, userdata, _ in unsafe UnitBus.answered(message, userdata) },
        Unmanaged.passUnretained(request).toOpaque(), Self.timeoutMicroseconds) >= 0
    else { return false }
    requests[ObjectIdentifier(request)] = request
    return true
  }

  /// Does what is there to do.
  ///
  /// - Returns: `false` when the connection is gone; everything still asked is then answered with `nil`.
  package func process() -> Bool {
    while true {
      let result = unsafe sd_bus_process(bus, nil)
      if result == 0 { return true }
      if result < 0 {
        let open = requests.values
        requests = [:]
        for request in open { request.answered(nil) }
        return false
      }
    }
  }

  /// Waits for the answers to what is asked, at most until `limit` has passed.
  package func settle(within limit: Duration) {
    let end = Clock.boot() + limit
    while !requests.isEmpty, process(), !requests.isEmpty {
      let rest = (end - Clock.boot()).microseconds
      guard rest > 0, unsafe sd_bus_wait(bus, UInt64(rest)) >= 0 else { return }
    }
  }

  /// Units that PID 1 said something new of, such as another main process or the end of a start job. Over its own
  /// socket it says so to everyone; over the system bus it does not, and nothing is heard.
  package func takeChanged() -> Set<[UInt8]> {
    defer { changed = [] }
    return changed
  }

  private static func heard(_ message: OpaquePointer?, _ userdata: UnsafeMutableRawPointer?) -> CInt {
    guard let userdata = unsafe userdata,
      unsafe sd_bus_message_is_signal(message, "org.freedesktop.DBus.Properties", "PropertiesChanged") > 0,
      let path = unsafe sd_bus_message_get_path(message)
    else { return 0 }
    var name: UnsafeMutablePointer<CChar>?
    guard unsafe sd_bus_path_decode(path, "/org/freedesktop/systemd1/unit", &name) > 0, let name = unsafe name
    else { return 0 }
    defer { unsafe free(name) }
    let bus = unsafe Unmanaged<UnitBus>.fromOpaque(userdata).takeUnretainedValue()
    bus.changed.insert(unsafe [UInt8](String(cString: name).utf8))
    return 0
  }

  private static func answered(_ message: OpaquePointer?, _ userdata: UnsafeMutableRawPointer?) -> CInt {
    guard let userdata = unsafe userdata else { return 0 }
    let request = unsafe Unmanaged<Request>.fromOpaque(userdata).takeUnretainedValue()
    guard request.bus.requests.removeValue(forKey: ObjectIdentifier(request)) != nil else { return 0 }
    unsafe request.answered(message)
    return 0
  }

  private static func value(in message: OpaquePointer?, as kind: Kind) -> Value? {
    func type(_ letter: Unicode.Scalar) -> CChar { CChar(truncatingIfNeeded: letter.value) }
    guard let message = unsafe message, unsafe sd_bus_message_is_method_error(message, nil) == 0,
      unsafe sd_bus_message_enter_container(message, type("v"), kind.rawValue) > 0
    else { return nil }
    if kind == .job, unsafe sd_bus_message_enter_container(message, type("r"), "uo") <= 0 { return nil }
    switch kind {
    case .number, .job:
      var number: UInt32 = 0
      return unsafe sd_bus_message_read_basic(message, type("u"), &number) > 0 ? .number(number) : nil
    case .text:
      var text: UnsafePointer<CChar>?
      guard unsafe sd_bus_message_read_basic(message, type("s"), &text) > 0, let text = unsafe text else {
        return nil
      }
      return .text(unsafe String(cString: text))
    }
  }
}
