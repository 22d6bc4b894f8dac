internal import CLinux
internal import Glibc
package import GuardCore

extension RootDirectory {
  /// Sends a signal to the very process that is meant, never to a later one with its pid. See pidfd_open(2), since
  /// Linux 5.3.
  package func signal(_ process: ProcessIdentity, _ signal: Signals.Signal) throws(ProcessError) {
    try ProcessError.wrapping { () throws(SystemCallError) in
      let subject = "pid \(process.pid)"
      let number = try SystemCallError.check("pidfd_open", subject) { clinux_pidfd_open(process.pid) }
      let pinned = OwnedDescriptor(number: number, path: subject)
      // Whoever has the pid by now stays pinned, so the look comes after.
      guard (try? ProcDirectory(in: self).process(process.pid).stat().identity) == process else {
        throw SystemCallError(call: "pidfd_open", subject: subject, code: ESRCH)
      }
      _ = try SystemCallError.check("pidfd_send_signal", subject) {
        clinux_pidfd_send_signal(pinned.number, signal.rawValue)
      }
    }
  }
}
