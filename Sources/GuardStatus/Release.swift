/// Which oomguard this is: daemon, client and status file carry the same number.
package enum Release {
  package static let version = "0.1.0"
}
