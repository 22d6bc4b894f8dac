internal import CSystemd
internal import Glibc

/// Asks PID 1 about units and waits for each answer: for a client, which has nothing else to do. The daemon has
/// ``UnitBus``. Source: org.freedesktop.systemd1(5).
@safe package final class UnitProperties {
  private var bus: OpaquePointer?

  /// A question PID 1 does not answer in this time has none.
  private static let timeoutMicroseconds: UInt64 = 5_000_000

  /// - Returns: `nil` where PID 1 cannot be reached.
  package init?() {
    guard unsafe UnitBus.opened(&bus, privateSocket: true) || UnitBus.opened(&bus, privateSocket: false)
    else {
      return nil
    }
    unsafe sd_bus_set_method_call_timeout(bus, Self.timeoutMicroseconds)
  }

  deinit { unsafe sd_bus_close_unref(bus) }

  /// A property of text, as `ManagedOOMSwap`; `nil` where PID 1 or this version of it does not know it.
  ///
  /// - Parameter interface: `Service`, `Scope`, `Slice`.
  package func text(_ property: String, of interface: String, unit: String) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    let result = unsafe withPath(of: unit) { path in
      unsafe sd_bus_get_property_string(
        bus, UnitBus.service, path, "\(UnitBus.service).\(interface)", property, nil, &text)
    }
    guard result >= 0, let text = unsafe text else { return nil }
    defer { unsafe free(text) }
    return unsafe String(cString: text)
  }

  /// A signed number of 32 bits, as `OOMScoreAdjust`.
  package func integer(_ property: String, of interface: String, unit: String) -> Int32? {
    trivial(property, of: interface, unit: unit, type: "i", initially: 0 as Int32)
  }

  /// A size or limit of 64 bits, as `MemoryMax`; the largest number stands for infinity.
  package func size(_ property: String, of interface: String, unit: String) -> UInt64? {
    trivial(property, of: interface, unit: unit, type: "t", initially: 0 as UInt64)
  }

  private func trivial<Value: BitwiseCopyable>(
    _ property: String, of interface: String, unit: String, type: Unicode.Scalar, initially: Value
  ) -> Value? {
    var value = initially
    let result = unsafe withPath(of: unit) { path in
      unsafe sd_bus_get_property_trivial(
        bus, UnitBus.service, path, "\(UnitBus.service).\(interface)", property, nil,
        CChar(truncatingIfNeeded: type.value), &value)
    }
    return result >= 0 ? value : nil
  }

  private func withPath(of unit: String, _ body: (UnsafePointer<CChar>) -> CInt) -> CInt {
    var path: UnsafeMutablePointer<CChar>?
    let encoded = unsafe sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path)
    guard encoded >= 0, let path = unsafe path else { return -1 }
    defer { unsafe free(path) }
    return unsafe body(path)
  }
}
