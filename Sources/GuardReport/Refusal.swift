internal import GuardLinux

/// Why a verb cannot answer, in words that say what to do, and the exit status that goes with it.
package struct Refusal: Error, Equatable, CustomStringConvertible {
  package var exitStatus: ExitStatus
  package var description: String

  package init(_ exitStatus: ExitStatus, _ description: String) {
    (self.exitStatus, self.description) = (exitStatus, description)
  }

  /// Runs `body`; what the kernel refuses in it is told with what to do.
  static func wrapping<Result: ~Copyable>(
    _ remedy: String, _ body: () throws(SystemCallError) -> Result
  ) throws(Self) -> Result {
    do throws(SystemCallError) {
      return try body()
    } catch {
      throw Refusal(error.isNotPermitted ? .notPermitted : .usage, "\(error); \(remedy)")
    }
  }
}
