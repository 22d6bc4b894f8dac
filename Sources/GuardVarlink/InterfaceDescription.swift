/// What the service says of itself when asked.
enum InterfaceDescription {
  static let names = ["org.varlink.service", "io.oomguard.Guard"]

  static func of(_ name: some StringProtocol) -> String? {
    switch name {
    case "org.varlink.service": service
    case "io.oomguard.Guard": guardian
    default: nil
    }
  }

  /// The one that every varlink service has. See https://varlink.org/Service.
  private static let service = """
    # What a service is, and what it can do.
    interface org.varlink.service

    # Who made it, and which interfaces it has.
    method GetInfo() -> (
      vendor: string,
      product: string,
      version: string,
      url: string,
      interfaces: []string
    )

    # The text of one of its interfaces.
    method GetInterfaceDescription(interface: string) -> (description: string)

    # There is no such interface.
    error InterfaceNotFound (interface: string)

    # The interface has no such method.
    error MethodNotFound (method: string)

    # It has, but the service does not answer it.
    error MethodNotImplemented (method: string)

    # A parameter is not known, not of its type, or cannot be meant.
    error InvalidParameter (parameter: string)

    # The client may not call this.
    error PermissionDenied ()

    # The method answers more than once: it must be called with 'more'.
    error ExpectedMore ()

    """
}
