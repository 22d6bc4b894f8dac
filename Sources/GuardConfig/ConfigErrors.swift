package import GuardCore

/// Every mistake in a configuration, in the order of the files and of the places in them. Never empty.
package struct ConfigErrors: Error, Equatable, CustomStringConvertible {
  package var errors: [ConfigError]
  /// Nothing is known to be wrong: the files could not be read just now.
  package var isPassing: Bool

  package init(_ errors: [ConfigError], isPassing: Bool = false) {
    (self.errors, self.isPassing) = (errors, isPassing)
  }

  /// A line each.
  package var description: String { errors.map(\.description).joined(separator: "\n") }
}

/// The bytes of one configuration file, as somebody else read them.
package struct ConfigFile: Equatable, Sendable {
  /// What messages call it: its path.
  package var name: String
  package var bytes: [UInt8]

  package init(name: String, bytes: [UInt8]) { (self.name, self.bytes) = (name, bytes) }
}
