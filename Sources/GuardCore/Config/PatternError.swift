/// A glob or regular expression that cannot be meant as it stands.
package struct PatternError: Error, Equatable, CustomStringConvertible {
  /// `what; how to mend`, without the pattern itself.
  package var message: String

  package init(_ message: String) { self.message = message }

  package var description: String { message }
}
