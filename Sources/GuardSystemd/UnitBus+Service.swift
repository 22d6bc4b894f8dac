internal import CSystemd
internal import Glibc

/// A service that PID 1 runs once, in a cgroup of its own and with nothing of ours: no sandbox, no capabilities taken
/// away, no score.
package struct TransientService: Sendable {
  /// Ends in `.service`.
  package var name: String
  package var description: String
  /// An absolute path and its arguments.
  package var command: [String]
  /// `NAME=value`, in UTF-8 without control characters.
  package var environment: [String]
  package var standardInput: [UInt8]
  /// When PID 1 ends it.
  package var limit: Duration

  package init(
    name: String, description: String, command: [String], environment: [String], standardInput: [UInt8],
    limit: Duration
  ) {
    (self.name, self.description, self.command) = (name, description, command)
    (self.environment, self.standardInput, self.limit) = (environment, standardInput, limit)
  }
}

extension UnitBus {
  private static let manager = "org.freedesktop.systemd1.Manager"
  private static let managerPath = "/org/freedesktop/systemd1"
  /// After it was asked to end.
  private static let stopMicroseconds: UInt64 = 2_000_000

  /// Starts a service.
  ///
  /// The input is handed over as data (StandardInputData=, since systemd 236), so that nothing of it stays open here.
  ///
  /// - Parameter reply: gets `nil` once PID 1 has taken it on, else why not.
  package func start(_ service: TransientService, reply: @escaping (_ failure: String?) -> Void) {
    var message: OpaquePointer?
    defer { unsafe sd_bus_message_unref(message) }
    guard
      unsafe sd_bus_message_new_method_call(
        bus, &message, Self.service, Self.managerPath, Self.manager, "StartTransientUnit") >= 0
    else { return reply("no message to PID 1 could be made") }
    let writer = unsafe MessageWriter(message)
    writer.string(service.name)
    writer.string("fail")
    writer.array("(sv)") {
      writer.property("Description", "s") { writer.string(service.description) }
      writer.property("ExecStart", "a(sasb)") {
        writer.array("(sasb)") {
          writer.structure("sasb") {
            writer.string(service.command.first ?? "")
            // PID 1 puts variables in, also in what comes over the bus.
            writer.array("s") {
              for word in service.command { writer.string(word.split("$").joined(separator: "$$")) }
            }
            writer.boolean(false)
          }
        }
      }
      writer.property("Environment", "as") {
        writer.array("s") { for variable in service.environment { writer.string(variable) } }
      }
      writer.property("StandardInput", "s") { writer.string("data") }
      writer.property("StandardInputData", "ay") { writer.bytes(service.standardInput) }
      writer.property("StandardOutput", "s") { writer.string("journal") }
      writer.property("StandardError", "s") { writer.string("journal") }
      writer.property("RuntimeMaxUSec", "t") {
        writer.unsigned(UInt64(clamping: service.limit.components.seconds) &* 1_000_000)
      }
      writer.property("TimeoutStopUSec", "t") { writer.unsigned(Self.stopMicroseconds) }
      writer.property("OOMScoreAdjust", "i") { writer.integer(0) }
    }
    writer.array("(sa(sv))") {}
    guard writer.isWhole, unsafe send(message, answered: { unsafe reply(Self.failure(in: $0)) }) else {
      return reply("no message to PID 1 could be sent")
    }
  }

  /// Lets PID 1 forget that a unit failed.
  package func forgetFailure(of unit: String) {
    var message: OpaquePointer?
    defer { unsafe sd_bus_message_unref(message) }
    guard
      unsafe sd_bus_message_new_method_call(
        bus, &message, Self.service, Self.managerPath, Self.manager, "ResetFailedUnit") >= 0
    else { return }
    unsafe MessageWriter(message).string(unit)
    // Most often there is no such unit, which is as well.
    _ = unsafe send(message, answered: { _ in })
  }

  private static func failure(in message: OpaquePointer?) -> String? {
    guard let message = unsafe message else { return "PID 1 did not answer" }
    guard unsafe sd_bus_message_is_method_error(message, nil) > 0 else { return nil }
    guard let text = unsafe sd_bus_message_get_error(message)?.pointee.message else { return "PID 1 refused" }
    return unsafe String(cString: text)
  }
}

/// Appends to a message of D-Bus; after a failure the rest is left out. See sd_bus_message_append_basic(3).
@safe private final class MessageWriter {
  private let message: OpaquePointer?
  private(set) var isWhole = true

  init(_ message: OpaquePointer?) { unsafe self.message = message }

  func string(_ text: String) {
    note(unsafe text.withCString { unsafe sd_bus_message_append_basic(message, type("s"), $0) })
  }

  func boolean(_ truth: Bool) {
    var number: CInt = truth ? 1 : 0
    note(unsafe sd_bus_message_append_basic(message, type("b"), &number))
  }

  func integer(_ number: Int32) {
    var number = number
    note(unsafe sd_bus_message_append_basic(message, type("i"), &number))
  }

  func unsigned(_ number: UInt64) {
    var number = number
    note(unsafe sd_bus_message_append_basic(message, type("t"), &number))
  }

  func bytes(_ bytes: [UInt8]) {
    note(
      unsafe bytes.withUnsafeBytes {
        unsafe sd_bus_message_append_array(message, type("y"), $0.baseAddress, $0.count)
      })
  }

  func array(_ contents: String, _ body: () -> Void) { container("a", contents, body) }
  func structure(_ contents: String, _ body: () -> Void) { container("r", contents, body) }

  func property(_ name: String, _ contents: String, _ body: () -> Void) {
    structure("sv") {
      string(name)
      container("v", contents, body)
    }
  }

  private func container(_ kind: Unicode.Scalar, _ contents: String, _ body: () -> Void) {
    note(unsafe sd_bus_message_open_container(message, type(kind), contents))
    body()
    if isWhole { note(unsafe sd_bus_message_close_container(message)) }
  }

  private func note(_ result: CInt) { if result < 0 { isWhole = false } }

  private func type(_ letter: Unicode.Scalar) -> CChar { CChar(truncatingIfNeeded: letter.value) }
}

extension String {
  fileprivate func split(_ separator: Character) -> [Substring] {
    split(separator: separator, omittingEmptySubsequences: false)
  }
}
