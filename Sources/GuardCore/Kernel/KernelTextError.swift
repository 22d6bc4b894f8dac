/// A kernel text that lacks a field it must have, or holds something else there.
package struct KernelTextError: Error, Equatable, CustomStringConvertible {
  package var missing: String

  package init(missing: String) { self.missing = missing }

  package var description: String { "no valid '\(missing)' in it" }
}
